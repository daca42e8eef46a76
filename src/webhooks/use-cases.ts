/**
 * Everything a user can do with webhooks, entrypoints and targets that they own or that are shared with them. Others are
 * reported as not found.
 */
import { newId, newUnguessableId } from "../lib/ids.ts";
import { createEventTypes } from "./catalogue/event-types.ts";
import { createApplyConfig } from "./config/apply-config.ts";
import { createExportConfig } from "./config/export-config.ts";
import { createUnmanage } from "./config/unmanage.ts";
import type { Ids, UseCaseDeps } from "./deps.ts";
import { createEntrypointUseCases } from "./entrypoints.ts";
import { createMemberUseCases } from "./people/members.ts";
import { createTeamUseCases } from "./people/teams.ts";
import { createPortals } from "./portal/portals.ts";
import { createSavedFilters } from "./saved/saved-filters.ts";
import { createSavedQueries } from "./saved/saved-queries.ts";
import { createTargetUseCases } from "./targets.ts";
import type { CheckCode } from "./transformations.ts";
import { createWebhooksUseCases } from "./webhooks.ts";

export type WebhookUseCases = ReturnType<typeof createWebhookUseCases>;

/**
 * Each use case throws AppError `not_found` for objects that the user has nothing to do with, `forbidden` for a role that
 * is not enough, and `invalid` for invalid input.
 */
export function createWebhookUseCases(
  deps: Omit<UseCaseDeps, "ids" | "sendsMail" | "checkCode"> &
    Readonly<{ ids?: Ids; sendsMail?: boolean; checkCode?: CheckCode }>,
) {
  const checkCode: CheckCode = async () => null;
  const complete = { ids: { newId, newUnguessableId }, sendsMail: false, checkCode, ...deps };
  return {
    webhooks: createWebhooksUseCases(complete),
    entrypoints: createEntrypointUseCases(complete),
    targets: createTargetUseCases(complete),
    savedFilters: createSavedFilters({
      mainDb: complete.mainDb,
      clock: complete.clock,
      newId: complete.ids.newId,
    }),
    savedQueries: createSavedQueries({
      mainDb: complete.mainDb,
      clock: complete.clock,
      newId: complete.ids.newId,
    }),
    portals: createPortals({
      mainDb: complete.mainDb,
      targetTypes: complete.targetTypes,
      clock: complete.clock,
      newId: complete.ids.newId,
    }),
    eventTypes: createEventTypes({
      mainDb: complete.mainDb,
      clock: complete.clock,
      newId: complete.ids.newId,
    }),
    members: createMemberUseCases(complete),
    teams: createTeamUseCases(complete),
    applyConfig: createApplyConfig(complete),
    exportConfig: createExportConfig(complete),
    unmanage: createUnmanage(complete),
  };
}
