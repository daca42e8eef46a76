/** Queries on ongoing troubles and on notices that are still to be sent. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { type NoticeChannel, TROUBLE_KINDS, type TroubleKind } from "../../settings/notice-settings.ts";

export type Trouble = Readonly<{ subjectId: string; kind: TroubleKind; webhookId: string; since: number }>;

/** The begin or the end of a trouble; `detail` is a sentence for people, or empty. */
export type TroubleChange = Trouble & Readonly<{ isOver: boolean; detail: string }>;

export type PendingNotice = TroubleChange &
  Readonly<{ id: string; channel: NoticeChannel; attempts: number; nextAttemptAt: number }>;

export type NoticeQueries = ReturnType<typeof createNoticeQueries>;

const troubleRow = z
  .object({ subject_id: z.string(), kind: z.enum(TROUBLE_KINDS), webhook_id: z.string(), since: z.number() })
  .transform((row) => ({
    subjectId: row.subject_id,
    kind: row.kind,
    webhookId: row.webhook_id,
    since: row.since,
  }));

const noticeRow = z
  .object({
    id: z.string(),
    webhook_id: z.string(),
    channel: z.enum(["target", "email"]),
    kind: z.enum(TROUBLE_KINDS),
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
  const begin = db.prepare<unknown, [string, string, string, number]>(
    "INSERT OR IGNORE INTO troubles (subject_id, kind, webhook_id, since) VALUES (?, ?, ?, ?)",
  );
  const end = db.prepare<unknown, [string, string]>("DELETE FROM troubles WHERE subject_id = ? AND kind = ?");
  const add = db.prepare<unknown, [string, string, string, string, string, number, number, string, number]>(
    `INSERT INTO notices (id, webhook_id, channel, kind, subject_id, is_over, since, detail, next_attempt_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  function apply(change: TroubleChange): void {
    const { subjectId, kind, webhookId, since, isOver } = change;
    if (isOver) end.run(subjectId, kind);
    else begin.run(subjectId, kind, webhookId, since);
  }

  return {
    /** Skips rows that only a newer program can read. */
    listTroubles(): Trouble[] {
      const rows = db.query<unknown, []>("SELECT * FROM troubles").all();
      return rows.flatMap((row) => troubleRow.safeParse(row).data ?? []);
    },
    /** Stores the changes and their notices in one transaction. */
    record(changes: readonly TroubleChange[], notices: readonly PendingNotice[]): void {
      db.transaction(() => {
        for (const change of changes) apply(change);
        for (const notice of notices) {
          const { id, webhookId, channel, kind, subjectId, isOver, since, detail, nextAttemptAt } = notice;
          add.run(id, webhookId, channel, kind, subjectId, isOver ? 1 : 0, since, detail, nextAttemptAt);
        }
      }).immediate();
    },
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
