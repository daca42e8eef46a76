/** Tries a target's event types and filter on the last stored events before they are saved. */

import type { MainDb } from "../../storage/main-db/open.ts";
import type { FilterTrial } from "../../storage/reader/filter-trial.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import { readTrial, type TrialOptions } from "./trial-input.ts";

export type FilterTrials = Readonly<{
  /**
   * Event types and filter that `input` leaves out are the saved ones. Rejects with AppError: not_found, invalid,
   * unavailable.
   */
  run: (options: TrialOptions) => Promise<FilterTrial>;
}>;

export function createFilterTrials(deps: {
  mainDb: MainDb;
  events: Pick<EventStore, "tryFilter">;
}): FilterTrials {
  const { mainDb, events } = deps;
  return {
    async run(options) {
      const { webhookId, given, saved, proposed } = readTrial(mainDb, options);
      const { userId: asker, signal } = options;
      return events.tryFilter(webhookId, { saved, proposed, last: given.last, asker, signal });
    },
  };
}
