/** Tries a target's event types and filter on the last stored events before they are saved. */

import { notFound } from "../lib/errors.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { FilterTrial } from "../storage/reader/filter-trial.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { readPolicy } from "../targets/delivery-policy.ts";
import { wantsOf } from "../targets/filter-policy.ts";
import { filterTrialInput } from "./schemas.ts";
import { validate } from "./validate.ts";
import { getOwnWebhook, type InWebhook } from "./webhooks.ts";

export type FilterTrials = Readonly<{
  /**
   * Event types and filter that `input` leaves out are the saved ones. Rejects with AppError: not_found, invalid,
   * unavailable.
   */
  run: (
    options: InWebhook & Readonly<{ targetId: string; input: unknown; signal?: AbortSignal | undefined }>,
  ) => Promise<FilterTrial>;
}>;

export function createFilterTrials(deps: {
  mainDb: MainDb;
  events: Pick<EventStore, "tryFilter">;
}): FilterTrials {
  const { mainDb, events } = deps;
  return {
    async run({ input, signal, ...of }) {
      const { id: webhookId } = getOwnWebhook(mainDb, of);
      const row = mainDb.targets.find({ id: of.targetId, webhookId });
      if (row === null) throw notFound("target");
      const { last, ...given } = validate({ schema: filterTrialInput, value: input, what: "trial" });
      const saved = wantsOf(readPolicy(row.policy));
      const proposed = wantsOf({
        event_types: given.event_types ?? saved.eventTypes,
        filter: given.filter === undefined ? saved.filter : given.filter,
      });
      return events.tryFilter(webhookId, { saved, proposed, last, asker: of.userId, signal });
    },
  };
}
