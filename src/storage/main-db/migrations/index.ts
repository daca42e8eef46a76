/**
 * The main database's migrations in order; append only. They only add, as each node of a cluster runs them at another place of
 * the log, among rows of versions one apart.
 */
import accountsAndWebhooks from "./0001-accounts-and-webhooks.sql" with { type: "text" };
import sizeLimit from "./0002-size-limit.sql" with { type: "text" };
import pausedTargets from "./0003-paused-targets.sql" with { type: "text" };
import deactivatedReason from "./0004-deactivated-reason.sql" with { type: "text" };
import targetSigning from "./0005-target-signing.sql" with { type: "text" };
import entrypointSettings from "./0006-entrypoint-settings.sql" with { type: "text" };
import notices from "./0007-notices.sql" with { type: "text" };
import lostData from "./0008-lost-data.sql" with { type: "text" };
import webhookSettings from "./0009-webhook-settings.sql" with { type: "text" };
import transformations from "./0010-transformations.sql" with { type: "text" };
import auditLog from "./0011-audit-log.sql" with { type: "text" };
import apiKeyLimits from "./0012-api-key-limits.sql" with { type: "text" };
import savedFilters from "./0013-saved-filters.sql" with { type: "text" };
import targetPulls from "./0014-target-pulls.sql" with { type: "text" };
import problems from "./0015-problems.sql" with { type: "text" };
import secondFactors from "./0016-second-factors.sql" with { type: "text" };
import passkeys from "./0017-passkeys.sql" with { type: "text" };
import roles from "./0018-roles.sql" with { type: "text" };
import configKeys from "./0019-config-keys.sql" with { type: "text" };
import identities from "./0020-identities.sql" with { type: "text" };
import externalIds from "./0021-external-ids.sql" with { type: "text" };
import savedQueries from "./0022-saved-queries.sql" with { type: "text" };
import eventTypes from "./0023-event-types.sql" with { type: "text" };
import links from "./0024-links.sql" with { type: "text" };
import portalLinks from "./0025-portal-links.sql" with { type: "text" };
import configOfUsers from "./0026-config-of-users.sql" with { type: "text" };
import cluster from "./0027-cluster.sql" with { type: "text" };
import laterRows from "./0028-later-rows.sql" with { type: "text" };
import eventSchema from "./0029-event-schema.sql" with { type: "text" };
import keepers from "./0030-keepers.sql" with { type: "text" };

export const mainMigrations: readonly string[] = [
  accountsAndWebhooks,
  sizeLimit,
  pausedTargets,
  deactivatedReason,
  targetSigning,
  entrypointSettings,
  notices,
  lostData,
  webhookSettings,
  transformations,
  auditLog,
  apiKeyLimits,
  savedFilters,
  targetPulls,
  problems,
  secondFactors,
  passkeys,
  roles,
  configKeys,
  identities,
  externalIds,
  savedQueries,
  eventTypes,
  links,
  portalLinks,
  configOfUsers,
  cluster,
  laterRows,
  eventSchema,
  keepers,
];
