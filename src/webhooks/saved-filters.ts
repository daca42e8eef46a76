/** Use cases on the log's filters that a user saves: each user has their own for each webhook. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import { AppError, notFound } from "../lib/errors.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { SavedFilter } from "../storage/main-db/saved-filters.ts";
import { type InWebhook, requireRole } from "./people/roles.ts";
import { validate } from "./validate.ts";

export type SavedFilters = ReturnType<typeof createSavedFilters>;

/** All are shown above the log. */
const MOST_FILTERS = 20;

const filterInput = z.strictObject({
  name: z.string().trim().min(1, "is empty").max(60, "is longer than 60 characters"),
  query: z.string().max(4_000, "is too long"),
});

export function createSavedFilters(deps: { mainDb: MainDb; clock: Clock; newId: () => string }) {
  const { mainDb, clock, newId } = deps;
  return {
    async list(of: InWebhook): Promise<readonly SavedFilter[]> {
      const { id: webhookId } = requireRole(mainDb, of, "viewer");
      return mainDb.savedFilters.list({ userId: of.userId, webhookId });
    },
    /** Replaces the one of the same name. Throws AppError `invalid` or `conflict`. */
    async save({ input, ...of }: InWebhook & Readonly<{ input: unknown }>): Promise<void> {
      const { id: webhookId } = requireRole(mainDb, of, "viewer");
      const { name, query } = validate({ schema: filterInput, value: input, what: "filter" });
      const key = { userId: of.userId, webhookId };
      const others = mainDb.savedFilters.list(key).filter((filter) => filter.name !== name);
      if (others.length >= MOST_FILTERS) {
        throw new AppError({
          kind: "conflict",
          message: `Not more than ${MOST_FILTERS} filters can be saved for a webhook.`,
          hint: "Delete one first.",
        });
      }
      mainDb.savedFilters.save({ ...key, id: newId(), name, query, at: clock.now() });
    },
    async remove({ filterId, ...of }: InWebhook & Readonly<{ filterId: string }>): Promise<void> {
      const { id: webhookId } = requireRole(mainDb, of, "viewer");
      const isGone = mainDb.savedFilters.remove({ userId: of.userId, webhookId, id: filterId });
      if (!isGone) throw notFound("filter");
    },
  };
}
