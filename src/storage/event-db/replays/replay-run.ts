/** Replays of many events as rows of the event file: the request, and how far each has come. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import { firstIdAt } from "../../../lib/ids.ts";
import { ANSWER, EVENT_FATES, type EventFilter } from "../event-filter.ts";
import {
  deleteLostReplayTargets,
  listAllReplayTargets,
  listReplayTargets,
  type ReplayRunTarget,
} from "./replay-target.ts";

export type ReplayState = "counting" | "running" | "paused" | "done" | "cancelled";

/** Which events are replayed. */
export type ReplaySelection =
  | Readonly<{ kind: "filter"; filter: EventFilter }>
  | Readonly<{ kind: "events"; eventIds: readonly string[] }>;

/** Which events are delivered again, and to which targets. */
export type ReplayOrder = Readonly<{
  selection: ReplaySelection;
  /** Null: to the targets of each event's existing deliveries that match the filter's state and target. */
  targetId: string | null;
  /** With a target: only events that never had a delivery to it. */
  onlyMissing: boolean;
}>;

export type ReplayCount = Readonly<{
  events: number;
  deliveries: number;
  /** False if the time was up: the numbers are then minimums. */
  isExact: boolean;
  /** Number of events that could not be searched for the text; they are left out. */
  notSearched: number;
}>;

export type ReplayRun = ReplayOrder &
  Readonly<{
    id: string;
    state: ReplayState;
    /**
     * `cursor` is the last event searched for targets that the run does not know yet; `lastEventId` is the last one to
     * search.
     */
    cursor: string;
    lastEventId: string;
    /** Null until counted. */
    matched: ReplayCount | null;
    /** Sum over all targets. */
    replayed: number;
    /** Deliveries whose target was deleted. */
    skipped: number;
    /** Each target has its own cursor; ordered by id. Targets that the run has not met yet are missing. */
    targets: readonly ReplayRunTarget[];
    reason: string | null;
    askedBy: string;
    createdAt: number;
    updatedAt: number;
  }>;

type Row = {
  id: string;
  state: ReplayState;
  selection: string;
  target_id: string | null;
  only_missing: number;
  cursor: string;
  last_event_id: string;
  matched_events: number | null;
  matched_deliveries: number | null;
  is_count_exact: number;
  not_searched: number;
  replayed: number;
  skipped: number;
  reason: string | null;
  asked_by: string;
  created_at: number;
  updated_at: number;
};

/** Ended runs are kept while they are among this many of the newest. */
const MOST_KEPT = 100;
export const MOST_UNFINISHED_REPLAYS = 20;
const UNFINISHED = "state IN ('counting', 'running', 'paused')";

/** Null if too many runs are unfinished. */
export function insertReplayRun(
  db: Database,
  run: ReplayOrder & Readonly<{ id: string; askedBy: string; now: number }>,
): ReplayRun | null {
  const { id, selection, targetId, onlyMissing, askedBy, now } = run;
  const count = db.query<{ n: number }, []>(`SELECT count(*) AS n FROM replay_runs WHERE ${UNFINISHED}`);
  if ((count.get()?.n ?? 0) >= MOST_UNFINISHED_REPLAYS) return null;
  db.query<unknown, [string]>(
    `DELETE FROM replay_runs WHERE NOT (${UNFINISHED}) AND id NOT IN
       (SELECT id FROM replay_runs WHERE id < ? ORDER BY id DESC LIMIT ${MOST_KEPT - 1})`,
  ).run(id);
  deleteLostReplayTargets(db);
  db.query<unknown, [string, string, string | null, number, string, string, number]>(
    `INSERT INTO replay_runs (id, state, selection, target_id, only_missing, cursor, last_event_id, asked_by,
       created_at, updated_at)
     VALUES (?1, 'counting', ?2, ?3, ?4, ?5, coalesce((SELECT max(id) FROM events), ''), ?6, ?7, ?7)`,
  ).run(id, JSON.stringify(selection), targetId, onlyMissing ? 1 : 0, beginOf(selection), askedBy, now);
  return findReplayRun(db, id);
}

/** Newest first. */
export function listReplayRuns(db: Database): readonly ReplayRun[] {
  const targets = listAllReplayTargets(db);
  const rows = db.query<Row, []>("SELECT * FROM replay_runs ORDER BY id DESC").all();
  return rows.map((row) => toRun(row, targets.get(row.id) ?? []));
}

export function findReplayRun(db: Database, id: string): ReplayRun | null {
  const row = db.query<Row, [string]>("SELECT * FROM replay_runs WHERE id = ?").get(id);
  return row && toRun(row, listReplayTargets(db, id));
}

export function hasUnfinishedReplayRun(db: Database): boolean {
  return db.query(`SELECT 1 FROM replay_runs WHERE ${UNFINISHED} LIMIT 1`).get() !== null;
}

/** Stores the fields of a run that change. */
export function updateReplayRun(
  db: Database,
  run: Pick<ReplayRun, "id" | "state" | "cursor" | "matched" | "replayed" | "skipped" | "reason">,
  now: number,
): void {
  const { id, state, cursor, matched, replayed, skipped, reason } = run;
  db.query<unknown, (string | number | null)[]>(
    `UPDATE replay_runs SET state = ?2, cursor = ?3, matched_events = ?4, matched_deliveries = ?5,
       is_count_exact = ?6, not_searched = ?7, replayed = ?8, skipped = ?9, reason = ?10, updated_at = ?11
      WHERE id = ?1`,
  ).run(
    ...[id, state, cursor, matched?.events ?? null, matched?.deliveries ?? null],
    ...[matched?.isExact ? 1 : 0, matched?.notSearched ?? 0, replayed, skipped, reason, now],
  );
}

/** Cursor before the first event of the selection. */
export function beginOf(selection: ReplaySelection): string {
  const from = selection.kind === "filter" ? selection.filter.from : undefined;
  return from === undefined ? "" : firstIdAt(from);
}

const filterShape = {
  from: z.number().optional(),
  to: z.number().optional(),
  entrypointId: z.string().optional(),
  targetId: z.string().optional(),
  status: z.enum(EVENT_FATES).optional(),
  transformationFailed: z.literal(true).optional(),
  answer: z.string().regex(ANSWER).optional(),
  method: z.string().optional(),
  type: z.string().optional(),
  text: z.string().optional(),
  fields: z.array(z.strictObject({ name: z.string(), place: z.string(), value: z.string() })).optional(),
  // `satisfies` ensures that every condition is listed: a missing one would be lost, and too much replayed.
} satisfies Record<keyof EventFilter, z.ZodType>;

// Strict, for the same reason.
const filterSchema: z.ZodType<EventFilter> = z.strictObject(filterShape);

const selectionSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("filter"), filter: filterSchema }),
  z.strictObject({ kind: z.literal("events"), eventIds: z.array(z.string()) }),
]);

function toRun(row: Row, targets: readonly ReplayRunTarget[]): ReplayRun {
  const { matched_events: events, matched_deliveries: deliveries } = row;
  return {
    id: row.id,
    state: row.state,
    selection: selectionSchema.parse(JSON.parse(row.selection)),
    targetId: row.target_id,
    onlyMissing: row.only_missing === 1,
    cursor: row.cursor,
    lastEventId: row.last_event_id,
    matched:
      events === null || deliveries === null
        ? null
        : { events, deliveries, isExact: row.is_count_exact === 1, notSearched: row.not_searched },
    replayed: row.replayed,
    skipped: row.skipped,
    targets,
    reason: row.reason,
    askedBy: row.asked_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
