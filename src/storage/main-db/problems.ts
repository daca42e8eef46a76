/** Queries on problems of webhooks, open and over, with the notices that their changes cause. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { AFTER_EVERY_ID } from "../../lib/ids.ts";
import { PROBLEM_KINDS, type ProblemKind } from "../../settings/notice-settings.ts";
import type { PendingNotice } from "./notices.ts";

export type Problem = Readonly<{
  id: string;
  webhookId: string;
  kind: ProblemKind;
  /** A target or an entrypoint. */
  subjectId: string;
  /** As it was when the problem began. */
  subjectName: string;
  since: number;
  /** A sentence for people, or empty. */
  detail: string;
  /** A notice of its begin was made. */
  isTold: boolean;
  overAt: number | null;
  acknowledgement: Acknowledgement | null;
}>;

export type Acknowledgement = Readonly<{ at: number; by: string; note: string }>;

export const PROBLEM_STATES = ["open", "unacknowledged", "over"] as const;
export type ProblemState = (typeof PROBLEM_STATES)[number];

export type ProblemRecord =
  | Readonly<{ change: "begun"; problem: Problem }>
  | Readonly<{ change: "told"; problem: Problem }>
  | Readonly<{ change: "over"; problem: Problem; at: number }>;

type WantedProblems = Readonly<{
  webhookIds: readonly string[];
  /** Null: all. */
  state: ProblemState | null;
  /** The id of the last one of the page before. */
  before: string | null;
  limit: number;
}>;

const problemRow = z
  .object({
    id: z.string(),
    webhook_id: z.string(),
    kind: z.enum(PROBLEM_KINDS),
    subject_id: z.string(),
    subject_name: z.string(),
    since: z.number(),
    detail: z.string(),
    is_told: z.number(),
    over_at: z.number().nullable(),
    acknowledged_at: z.number().nullable(),
    acknowledged_by: z.string().nullable(),
    note: z.string().nullable(),
  })
  .transform((row): Problem => {
    const { acknowledged_at: at, acknowledged_by: by, note } = row;
    return {
      id: row.id,
      webhookId: row.webhook_id,
      kind: row.kind,
      subjectId: row.subject_id,
      subjectName: row.subject_name,
      since: row.since,
      detail: row.detail,
      isTold: row.is_told === 1,
      overAt: row.over_at,
      acknowledgement: at === null ? null : { at, by: by ?? "", note: note ?? "" },
    };
  });

const IN_STATE: Readonly<Record<ProblemState, string>> = {
  open: "over_at IS NULL",
  unacknowledged: "over_at IS NULL AND acknowledged_at IS NULL",
  over: "over_at IS NOT NULL",
};

export type ProblemQueries = ReturnType<typeof createProblemQueries>;

export function createProblemQueries(db: Database) {
  const begin = db.prepare(
    `INSERT OR IGNORE INTO problems (id, webhook_id, kind, subject_id, subject_name, since, detail, is_told)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const tell = db.prepare<unknown, [string]>("UPDATE problems SET is_told = 1 WHERE id = ?");
  const end = db.prepare<unknown, [number, string]>(
    "UPDATE problems SET over_at = ? WHERE id = ? AND over_at IS NULL",
  );
  const addNotice = db.prepare(
    `INSERT INTO notices (id, webhook_id, channel, kind, subject_id, is_over, since, detail, next_attempt_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  /** Open and not acknowledged, by webhook; null: not counted since the last change. */
  let waiting: ReadonlyMap<string, number> | null = null;

  function apply(record: ProblemRecord): void {
    const { id, webhookId, kind, subjectId, subjectName, since, detail, isTold } = record.problem;
    if (record.change === "begun") {
      begin.run(id, webhookId, kind, subjectId, subjectName, since, detail, isTold ? 1 : 0);
    } else if (record.change === "told") tell.run(id);
    else end.run(record.at, id);
  }

  function read(sql: string, ...values: (string | number)[]): Problem[] {
    const rows = db.query<unknown, (string | number)[]>(sql).all(...values);
    // Rows that only a newer program can read are skipped.
    return rows.flatMap((row) => problemRow.safeParse(row).data ?? []);
  }

  return {
    listOpen: (): Problem[] => read("SELECT * FROM problems WHERE over_at IS NULL"),
    /** Stores changes and their notices in one transaction. */
    record(records: readonly ProblemRecord[], notices: readonly PendingNotice[]): void {
      waiting = null;
      db.transaction(() => {
        for (const record of records) apply(record);
        for (const notice of notices) {
          const { id, webhookId, channel, kind, subjectId, isOver, since, detail, nextAttemptAt } = notice;
          addNotice.run(
            id,
            webhookId,
            channel,
            kind,
            subjectId,
            isOver ? 1 : 0,
            since,
            detail,
            nextAttemptAt,
          );
        }
      }).immediate();
    },
    /** The latest first. */
    list({ webhookIds, state, before, limit }: WantedProblems): Problem[] {
      const inState = state === null ? "" : `AND ${IN_STATE[state]}`;
      return read(
        `SELECT * FROM problems WHERE webhook_id IN (SELECT value FROM json_each(?)) AND id < ? ${inState}
          ORDER BY id DESC LIMIT ?`,
        JSON.stringify(webhookIds),
        before ?? AFTER_EVERY_ID,
        limit,
      );
    },
    find: (id: string): Problem | null => read("SELECT * FROM problems WHERE id = ?", id)[0] ?? null,
    acknowledge({ id, at, by, note }: Acknowledgement & { id: string }): void {
      waiting = null;
      db.query<unknown, [number, string, string, string]>(
        "UPDATE problems SET acknowledged_at = ?, acknowledged_by = ?, note = ? WHERE id = ?",
      ).run(at, by, note, id);
    },
    /** Number of open problems that nobody has acknowledged, by webhook; from memory while nothing changes. */
    countUnacknowledged(): ReadonlyMap<string, number> {
      waiting ??= new Map(
        db
          .query<{ id: string; n: number }, []>(
            `SELECT webhook_id AS id, count(*) AS n FROM problems WHERE ${IN_STATE.unacknowledged} GROUP BY 1`,
          )
          .all()
          .map(({ id, n }) => [id, n]),
      );
      return waiting;
    },
    /** Forgets the counts that are in memory, after rows were changed by other means. */
    recount(): void {
      waiting = null;
    },
    /** Deletes at most `limit` of those that were over before `before`; returns their number. */
    prune({ before, limit }: { before: number; limit: number }): number {
      return db
        .query<unknown, [number, number]>(
          "DELETE FROM problems WHERE id IN (SELECT id FROM problems WHERE over_at < ? LIMIT ?)",
        )
        .run(before, limit).changes;
    },
    /** Deletes those of a webhook that are over, but for the latest `kept`; returns their number. */
    pruneWebhook({ webhookId, kept }: { webhookId: string; kept: number }): number {
      return db
        .query<unknown, [string, number]>(
          `DELETE FROM problems WHERE id IN (SELECT id FROM problems WHERE webhook_id = ? AND over_at IS NOT NULL
            ORDER BY id DESC LIMIT 500 OFFSET ?)`,
        )
        .run(webhookId, kept).changes;
    },
  };
}
