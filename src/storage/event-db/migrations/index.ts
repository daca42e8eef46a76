/**
 * The event file's migrations in order; append only. They only add, as each node of a cluster runs them at another place of the
 * log. A new column gets its values from new fields of commands alone: what earlier versions apply leaves it empty.
 */
import events from "./0001-events.sql" with { type: "text" };
import replayRuns from "./0002-replay-runs.sql" with { type: "text" };
import flow from "./0003-flow.sql" with { type: "text" };
import replayedAt from "./0004-replayed-at.sql" with { type: "text" };
import eventType from "./0005-event-type.sql" with { type: "text" };
import entrypointHours from "./0006-entrypoint-hours.sql" with { type: "text" };
import duplicates from "./0007-duplicates.sql" with { type: "text" };
import rejectedRequests from "./0008-rejected-requests.sql" with { type: "text" };
import countedEvents from "./0009-counted-events.sql" with { type: "text" };
import requestHashes from "./0010-request-hashes.sql" with { type: "text" };
import replayTargets from "./0011-replay-targets.sql" with { type: "text" };
import sealedSecrets from "./0012-sealed-secrets.sql" with { type: "text" };
import filters from "./0013-filters.sql" with { type: "text" };
import transformedResults from "./0014-transformed-results.sql" with { type: "text" };
import eventFields from "./0015-event-fields.sql" with { type: "text" };
import targetHours from "./0016-target-hours.sql" with { type: "text" };
import retrying from "./0017-retrying.sql" with { type: "text" };
import eventOrigin from "./0018-event-origin.sql" with { type: "text" };
import logPosition from "./0019-log-position.sql" with { type: "text" };

export const eventMigrations: readonly string[] = [
  events,
  replayRuns,
  flow,
  replayedAt,
  eventType,
  entrypointHours,
  duplicates,
  rejectedRequests,
  countedEvents,
  requestHashes,
  replayTargets,
  sealedSecrets,
  filters,
  transformedResults,
  eventFields,
  targetHours,
  retrying,
  eventOrigin,
  logPosition,
];
