/** Finds events by what a person remembers of them, newest first, and stops in time. */
import type { SQLQueryBindings } from "bun:sqlite";
import { invalidCursor } from "../../lib/errors.ts";
import { AFTER_EVERY_ID, firstIdAt, isId, timeOfId } from "../../lib/ids.ts";
import { type ReadableFile, SUMMARY_COLUMNS, type SummaryRow, summarize } from "./event-summary.ts";
import type { DeliveryStatus, EventSummary } from "./types.ts";

export type EventFilter = Readonly<{
  /** Receive time, milliseconds UTC, both ends included. */
  from?: number | undefined;
  to?: number | undefined;
  entrypointId?: string | undefined;
  targetId?: string | undefined;
  /** Of any delivery, or of the one to `targetId`. */
  status?: DeliveryStatus | undefined;
  method?: string | undefined;
  type?: string | undefined;
  /** Anywhere in the body; ASCII letters match in either case. */
  text?: string | undefined;
}>;

export type EventSearch = Readonly<{ limit: number; cursor: string | null; filter: EventFilter }>;

export type FoundEvents = Readonly<{
  events: readonly EventSummary[];
  nextCursor: string | null;
  /** The time was up before the page was full; `nextCursor` goes on from there. */
  stoppedEarly: boolean;
  /** How far back was looked, where it stopped early. */
  searchedBackTo: number | null;
}>;

/** Events looked at in one go; the event loop is free in between (1,000 bodies of 1 KB take about 1 ms). */
const STEP = 1_000;
/** Bodies that are searched for a text in one go, about 8 ms; one that alone is larger has a step for itself. */
const BYTES_PER_STEP = 8 * 1024 * 1024;
/** Sorts before every UUID. */
const OLDEST = "";

const NOTHING: FoundEvents = { events: [], nextCursor: null, stoppedEarly: false, searchedBackTo: null };

type Bounds = Readonly<{ below: string; from: string }>;

/** `isTimeUp` is asked between steps; a search goes on for one step at least. */
export async function searchEvents(
  file: ReadableFile,
  search: EventSearch,
  pause: { isTimeUp: () => boolean; yieldToOthers: () => Promise<void> },
): Promise<FoundEvents> {
  const { limit, cursor, filter } = search;
  requireCursor(cursor);
  const source = chooseSource(file, filter);
  if (source === null) return NOTHING;
  const query = { source, conditions: toConditions(filter) };
  const oldest = filter.from === undefined ? OLDEST : firstIdAt(filter.from);
  const newest = filter.to === undefined ? AFTER_EVERY_ID : firstIdAt(filter.to + 1);
  let below = cursor !== null && cursor < newest ? cursor : newest;
  const rows: SummaryRow[] = [];
  for (;;) {
    const end = findStepEnd(file, query.source, { below, from: oldest });
    const from = filter.text
      ? (findHeavyEnd(file, query.source, { below, from: end ?? oldest }) ?? end)
      : end;
    rows.push(...readStep(file, query, { below, from: from ?? oldest }, limit + 1 - rows.length));
    if (rows.length > limit || from === null) break;
    below = from;
    if (pause.isTimeUp()) {
      return {
        ...page(file, rows, rows.length),
        nextCursor: below,
        stoppedEarly: true,
        searchedBackTo: timeOfId(below),
      };
    }
    await pause.yieldToOthers();
  }
  return { ...page(file, rows, limit), stoppedEarly: false, searchedBackTo: null };
}

function page(file: ReadableFile, rows: readonly SummaryRow[], limit: number) {
  const events = summarize(file, rows.slice(0, limit));
  return { events, nextCursor: rows.length > limit ? (events.at(-1)?.id ?? null) : null };
}

/** Where a search looks: through all events, or only through those that an index of deliveries names. */
type Source = Readonly<{
  stepEnd: string;
  condition: string | null;
  /** What both have beside the bounds. */
  values: readonly string[];
}>;

const ALL_EVENTS: Source = {
  stepEnd: `SELECT id FROM events WHERE id < ? AND id >= ? ORDER BY id DESC LIMIT 1 OFFSET ${STEP - 1}`,
  condition: null,
  values: [],
};

/** Statuses are named in the text and not bound, so that the partial indexes serve them. */
function eventsByStatus({ status, targetId }: Tallied, index: string): Source {
  // The plus keeps the planner from the primary key where the index begins with another column.
  const eventId = index === "deliveries_due" ? "+event_id" : "event_id";
  const named = `SELECT event_id AS id FROM deliveries INDEXED BY ${index}
    WHERE status = '${status}' AND ${eventId} < ? AND ${eventId} >= ?
      ${targetId === undefined ? "" : "AND target_id = ?"}`;
  return {
    stepEnd: `${named} ORDER BY event_id DESC LIMIT 1 OFFSET ${STEP}`,
    condition: `e.id IN (${named})`,
    values: targetId === undefined ? [] : [targetId],
  };
}

/** Above this many pending deliveries, going through the newest events finds some sooner than sorting them. */
const PENDING_WORTH_SORTING = 50_000;

/** Null where there are none, and nothing needs to be gone through to know it. */
function chooseSource(file: ReadableFile, { status, targetId }: EventFilter): Source | null {
  if (status === undefined) return ALL_EVENTS;
  const tallied = { status, targetId };
  const count = countDeliveries(file, tallied);
  if (count === 0) return null;
  if (status === "delivered") return ALL_EVENTS;
  if (status !== "pending") return eventsByStatus(tallied, "deliveries_troubled");
  return count > PENDING_WORTH_SORTING ? ALL_EVENTS : eventsByStatus(tallied, "deliveries_due");
}

type Tallied = Readonly<{ status: DeliveryStatus; targetId: string | undefined }>;

function countDeliveries(file: ReadableFile, { status, targetId }: Tallied): number {
  const tallies = `SELECT total(${status}) AS n FROM target_tallies`;
  const ofTarget = `${tallies} WHERE target_id = ?`;
  const row =
    targetId === undefined
      ? file.db.query<{ n: number }, []>(tallies).get()
      : file.db.query<{ n: number }, [string]>(ofTarget).get(targetId);
  return row?.n ?? 0;
}

/** The id that ends a step; null where what is left is less than a step. */
function findStepEnd(
  file: ReadableFile,
  { stepEnd, values }: Source,
  { below, from }: Bounds,
): string | null {
  return file.db.query<{ id: string }, string[]>(stepEnd).get(below, from, ...values)?.id ?? null;
}

/** The id at which the bodies of a step become too many bytes; null where they do not. */
function findHeavyEnd(file: ReadableFile, source: Source, { below, from }: Bounds): string | null {
  const { condition, values } = source;
  const bounds = [below, from, ...(condition ? [below, from, ...values] : [])];
  const sizes = file.db.query<{ id: string; body_size: number }, string[]>(
    `SELECT e.id, e.body_size FROM events e
      WHERE e.id < ? AND e.id >= ? ${condition ? `AND ${condition}` : ""} ORDER BY e.id DESC`,
  );
  let bytes = 0;
  for (const { id, body_size } of sizes.iterate(...bounds)) {
    bytes += body_size;
    if (bytes >= BYTES_PER_STEP) return id;
  }
  return null;
}

function readStep(file: ReadableFile, query: Query, { below, from }: Bounds, limit: number): SummaryRow[] {
  const { source, conditions } = query;
  const where = ["e.id < ?", "e.id >= ?", ...conditions.sql, ...(source.condition ? [source.condition] : [])];
  const named = source.condition ? [below, from, ...source.values] : [];
  const values = [below, from, ...conditions.values, ...named, limit];
  return file.db
    .query<SummaryRow, SQLQueryBindings[]>(
      `SELECT ${SUMMARY_COLUMNS} FROM events e WHERE ${where.join(" AND ")} ORDER BY e.id DESC LIMIT ?`,
    )
    .all(...values);
}

export type Conditions = Readonly<{ sql: readonly string[]; values: readonly SQLQueryBindings[] }>;
type Query = Readonly<{ source: Source; conditions: Conditions }>;

/** On an event that is called `e`. */
export function toConditions({
  from,
  to,
  entrypointId,
  method,
  type,
  text,
  status,
  targetId,
}: EventFilter): Conditions {
  const sql: string[] = [];
  const values: SQLQueryBindings[] = [];
  function add(condition: string, ...bound: SQLQueryBindings[]): void {
    sql.push(condition);
    values.push(...bound);
  }
  if (from !== undefined) add("e.received_at >= ?", from);
  if (to !== undefined) add("e.received_at <= ?", to);
  if (entrypointId !== undefined) add("e.entrypoint_id = ?", entrypointId);
  if (method !== undefined) add("e.method = ?", method);
  if (type !== undefined) add("e.type = ?", type);
  const delivery = "SELECT 1 FROM deliveries d WHERE d.event_id = e.id";
  if (status !== undefined && targetId !== undefined) {
    add(`EXISTS (${delivery} AND d.status = ? AND d.target_id = ?)`, status, targetId);
  } else if (status !== undefined) add(`EXISTS (${delivery} AND d.status = ?)`, status);
  else if (targetId !== undefined) add(`EXISTS (${delivery} AND d.target_id = ?)`, targetId);
  if (text) add("e.body LIKE ? ESCAPE '\\'", `%${text.replace(/[\\%_]/g, "\\$&")}%`);
  return { sql, values };
}

/** Throws AppError `invalid`. */
export function requireCursor(cursor: string | null): void {
  if (cursor === null || isId(cursor)) return;
  throw invalidCursor();
}
