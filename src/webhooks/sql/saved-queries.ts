/** Use cases on the SQL that a user saves: each user has their own for each webhook. */
import { z } from "zod";
import type { Clock } from "../../lib/clock.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { SavedQuery } from "../../storage/main-db/saved-queries.ts";
import { type InWebhook, requireRole } from "../people/roles.ts";
import { validate } from "../validate.ts";
import { sqlText } from "./sql-queries.ts";

export type SavedQueries = ReturnType<typeof createSavedQueries>;

/** All are shown above the statement. */
const MOST_QUERIES = 20;

const savedInput = z.strictObject({
  name: z.string().trim().min(1, "is empty").max(60, "is longer than 60 characters"),
  sql: sqlText,
});

export function createSavedQueries(deps: {
  mainDb: Pick<MainDb, "savedQueries" | "webhooks" | "members">;
  clock: Pick<Clock, "now">;
  newId: () => string;
}) {
  const { mainDb, clock, newId } = deps;
  return {
    async list(of: InWebhook): Promise<readonly SavedQuery[]> {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      return mainDb.savedQueries.list({ userId: of.userId, webhookId });
    },
    /** Replaces the one of the same name. Throws AppError `invalid` or `conflict`. */
    async save({ input, ...of }: InWebhook & Readonly<{ input: unknown }>): Promise<void> {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      const { name, sql } = validate({ schema: savedInput, value: input, what: "query" });
      const key = { userId: of.userId, webhookId };
      const others = mainDb.savedQueries.list(key).filter((query) => query.name !== name);
      if (others.length >= MOST_QUERIES) {
        throw new AppError({
          kind: "conflict",
          message: `Not more than ${MOST_QUERIES} queries can be saved for a webhook.`,
          hint: "Delete one first.",
        });
      }
      mainDb.savedQueries.save({ ...key, id: newId(), name, sql, at: clock.now() });
    },
    async remove({ queryId, ...of }: InWebhook & Readonly<{ queryId: string }>): Promise<void> {
      const { id: webhookId } = requireRole(mainDb, of, "editor");
      const isGone = mainDb.savedQueries.remove({ userId: of.userId, webhookId, id: queryId });
      if (!isGone) throw notFound("query");
    },
  };
}
