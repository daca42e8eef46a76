/** Queries on notices that are still to be sent. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { type NoticeChannel, PROBLEM_KINDS, type ProblemKind } from "../../settings/notice-settings.ts";

/** The begin or the end of a problem; `detail` is a sentence for people, or empty. */
export type ProblemChange = Readonly<{
  subjectId: string;
  kind: ProblemKind;
  webhookId: string;
  since: number;
  isOver: boolean;
  detail: string;
}>;

export type PendingNotice = ProblemChange &
  Readonly<{ id: string; channel: NoticeChannel; attempts: number; nextAttemptAt: number }>;

export type NoticeQueries = ReturnType<typeof createNoticeQueries>;

const noticeRow = z
  .object({
    id: z.string(),
    webhook_id: z.string(),
    channel: z.enum(["target", "email"]),
    kind: z.enum(PROBLEM_KINDS),
    subject_id: z.string(),
    is_over: z.number(),
    since: z.number(),
    detail: z.string(),
    attempts: z.number(),
    next_attempt_at: z.number(),
  })
  .transform(({ webhook_id, subject_id, is_over, next_attempt_at, ...rest }) => ({
    ...rest,
    webhookId: webhook_id,
    subjectId: subject_id,
    isOver: is_over === 1,
    nextAttemptAt: next_attempt_at,
  }));

export function createNoticeQueries(db: Database) {
  return {
    /** Oldest first. */
    listDue(now: number, limit: number): PendingNotice[] {
      const rows = db
        .query<unknown, [number, number]>(
          "SELECT * FROM notices WHERE next_attempt_at <= ? ORDER BY id LIMIT ?",
        )
        .all(now, limit);
      return rows.flatMap((row) => noticeRow.safeParse(row).data ?? []);
    },
    earliestDue(): number | null {
      const sql = "SELECT min(next_attempt_at) AS at FROM notices";
      return db.query<{ at: number | null }, []>(sql).get()?.at ?? null;
    },
    retryLater(ids: readonly string[], nextAttemptAt: number): void {
      const retry = db.prepare<unknown, [number, string]>(
        "UPDATE notices SET attempts = attempts + 1, next_attempt_at = ? WHERE id = ?",
      );
      db.transaction(() => {
        for (const id of ids) retry.run(nextAttemptAt, id);
      }).immediate();
    },
    remove(ids: readonly string[]): void {
      const remove = db.prepare<unknown, [string]>("DELETE FROM notices WHERE id = ?");
      db.transaction(() => {
        for (const id of ids) remove.run(id);
      }).immediate();
    },
  };
}
