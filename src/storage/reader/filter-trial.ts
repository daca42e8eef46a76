/** Judges the last stored events by a proposed filter beside the saved one, to show before saving what would change. */
import type { Database } from "bun:sqlite";
import { MAX_JSON_BYTES } from "../../bodies/body-content.ts";
import { NO, UNKNOWN, YES } from "../../filters/judge.ts";
import {
  createTargetFilter,
  FilterSubject,
  type TargetFilter,
  type Wants,
} from "../../filters/target-filter.ts";
import { AFTER_EVERY_ID } from "../../lib/ids.ts";
import type { Pause } from "../event-db/event-search.ts";
import type { HeaderPairs } from "../event-db/types.ts";

/** Events read in one step. */
const STEP = 25;
/** Events listed of each kind; all are counted. */
const MOST_LISTED = 50;

/** `last`: how many events, from the newest, are judged. */
export type FilterTrialOrder = Readonly<{ saved: Wants; proposed: Wants; last: number }>;

/** Fate of an event; an `unjudged` one is delivered. */
export type FilterOutcome = "delivered" | "filtered" | "unjudged";

/** `reason`: why it is not simply delivered. */
export type JudgedEvent = Readonly<{
  id: string;
  receivedAt: number;
  type: string | null;
  outcome: FilterOutcome;
  reason: string | null;
}>;

export type FilterTrial = Readonly<{
  judged: number;
  outcomes: Readonly<Record<FilterOutcome, number>>;
  /** Number of events that the saved filter lets through and the proposed one does not, or the other way round. */
  changes: number;
  /** The newest of them, with their outcome by the proposed filter. */
  changed: readonly JudgedEvent[];
  /** The newest of the others that are filtered or cannot be judged. */
  others: readonly JudgedEvent[];
  /** False if the time was up before all were judged. */
  isWhole: boolean;
}>;

type Row = {
  id: string;
  received_at: number;
  type: string | null;
  method: string;
  path_tail: string;
  query: string;
  headers: string;
  content_type: string;
  body: Uint8Array;
};

/** No more is read of a body than it takes to see that it is too large. */
const NEWEST = `SELECT id, received_at, type, method, path_tail, query, headers, content_type,
    substr(body, 1, ${MAX_JSON_BYTES + 1}) AS body
  FROM events WHERE id < ? ORDER BY id DESC LIMIT ?`;

/** Throws if one of the filters is not valid. */
export async function tryFilter(
  file: Readonly<{ db: Database }>,
  { saved, proposed, last }: FilterTrialOrder,
  pause: Pause,
): Promise<FilterTrial> {
  const filters = { before: createTargetFilter(saved), after: createTargetFilter(proposed) };
  const outcomes = { delivered: 0, filtered: 0, unjudged: 0 };
  const changed: JudgedEvent[] = [];
  const others: JudgedEvent[] = [];
  let [judged, changes] = [0, 0];
  let below = AFTER_EVERY_ID;
  while (judged < last && !(judged > 0 && pause.isTimeUp())) {
    const rows = file.db.query<Row, [string, number]>(NEWEST).all(below, Math.min(STEP, last - judged));
    for (const row of rows) {
      const { isChanged, ...event } = judgeRow(row, filters);
      judged++;
      outcomes[event.outcome]++;
      if (isChanged) changes++;
      const list = isChanged ? changed : event.outcome === "delivered" ? null : others;
      if (list !== null && list.length < MOST_LISTED) list.push(event);
    }
    const oldest = rows.at(-1);
    if (oldest === undefined || rows.length < STEP) {
      return { judged, outcomes, changes, changed, others, isWhole: true };
    }
    below = oldest.id;
    await pause.yieldToOthers();
  }
  return { judged, outcomes, changes, changed, others, isWhole: judged >= last };
}

function judgeRow(
  row: Row,
  filters: Readonly<{ before: TargetFilter | null; after: TargetFilter | null }>,
): JudgedEvent & { isChanged: boolean } {
  const headers: HeaderPairs = JSON.parse(row.headers);
  const subject = new FilterSubject({
    type: row.type,
    method: row.method,
    pathTail: row.path_tail,
    query: row.query,
    headers,
    contentType: row.content_type,
    body: row.body,
  });
  const { verdict, reason } = filters.after?.explain(subject) ?? { verdict: YES, reason: null };
  const before = filters.before?.judge(subject) ?? YES;
  return {
    id: row.id,
    receivedAt: row.received_at,
    type: row.type,
    outcome: verdict === NO ? "filtered" : verdict === UNKNOWN ? "unjudged" : "delivered",
    reason,
    isChanged: (verdict === NO) !== (before === NO),
  };
}
