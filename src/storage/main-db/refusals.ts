/** Queries on the numbers of refused requests of the last day. */
import type { Database } from "bun:sqlite";
import { z } from "zod";

/** Why a request was refused. */
export const REFUSAL_REASONS = ["verification", "method", "network", "size", "rate"] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

export type HourOfRefusals = Readonly<{
  entrypointId: string;
  /** Its start. */
  hour: number;
  reason: RefusalReason;
  requests: number;
}>;

export type RefusalQueries = ReturnType<typeof createRefusalQueries>;

const refusalRow = z
  .object({
    entrypoint_id: z.string(),
    hour: z.number(),
    reason: z.enum(REFUSAL_REASONS),
    requests: z.number(),
  })
  .transform(({ entrypoint_id, ...row }): HourOfRefusals => ({ entrypointId: entrypoint_id, ...row }));

export function createRefusalQueries(db: Database) {
  return {
    list(): HourOfRefusals[] {
      const rows = db.query<unknown, []>("SELECT * FROM refusals").all();
      return rows.flatMap((row) => refusalRow.safeParse(row).data ?? []);
    },
    /** Replaces these hours, and deletes those before `before`, in one transaction. */
    store(hours: readonly HourOfRefusals[], before: number): void {
      const put = db.prepare<unknown, [string, number, string, number]>(
        `INSERT INTO refusals VALUES (?, ?, ?, ?)
         ON CONFLICT (entrypoint_id, hour, reason) DO UPDATE SET requests = excluded.requests`,
      );
      db.transaction(() => {
        db.query<unknown, [number]>("DELETE FROM refusals WHERE hour < ?").run(before);
        for (const { entrypointId, hour, reason, requests } of hours) {
          put.run(entrypointId, hour, reason, requests);
        }
      }).immediate();
    },
  };
}
