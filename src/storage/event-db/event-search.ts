/** Searches events by a filter, newest first, within a time limit. */
import type { SQLQueryBindings } from "bun:sqlite";
import { invalidCursor } from "../../lib/errors.ts";
import { AFTER_EVERY_ID, firstIdAt, isId, timeOfId } from "../../lib/ids.ts";
import type { EventFilter } from "./event-filter.ts";
import { chooseSource, type Source } from "./event-source.ts";
import { type ReadableFile, SUMMARY_COLUMNS, type SummaryRow, summarize } from "./event-summary.ts";
import { fieldSource } from "./fields/field-source.ts";
import { marksIn } from "./filter-marks.ts";
import { type Conditions, deliveryConditions } from "./search/delivery-conditions.ts";
import { type EventMatch, eventMatchFor, scanColumns, TextScan } from "./search/text-scan.ts";
import type { EventSummary } from "./types.ts";

export type EventSearch = Readonly<{
  limit: number;
  cursor: string | null;
  filter: EventFilter;
  /** Reads the beginnings of the found events' bodies too. */
  withPreviews?: boolean;
}>;

export type FoundEvents = Readonly<{
  events: readonly EventSummary[];
  nextCursor: string | null;
  /** True if the time was up before the page was full; `nextCursor` resumes there. */
  stoppedEarly: boolean;
  /** Receive time of the last event looked at, if the search stopped early. */
  searchedBackTo: number | null;
  /** Number of events passed that could not be searched for the text. */
  notSearched: number;
}>;

/** Sorts before every UUID. */
const OLDEST = "";

const NOTHING: FoundEvents = {
  events: [],
  nextCursor: null,
  stoppedEarly: false,
  searchedBackTo: null,
  notSearched: 0,
};

type Bounds = Readonly<{ below: string; from: string }>;

export type Pause = Readonly<{ isTimeUp: () => boolean; yieldToOthers: () => Promise<void> }>;

/** `isTimeUp` is asked between steps and within large bodies; at least one step or one body is done. */
export async function searchEvents(
  file: ReadableFile,
  search: EventSearch,
  pause: Pause,
): Promise<FoundEvents> {
  const { limit, cursor, filter } = search;
  requireCursor(cursor);
  const query = prepareQuery(file, filter);
  if (query === null) return NOTHING;
  const { oldest, newest } = query;
  let below = cursor !== null && cursor < newest ? cursor : newest;
  const rows: SummaryRow[] = [];
  let notSearched = 0;
  for (;;) {
    const end = findStepEnd(file, query.source, { below, from: oldest });
    const bounds = { below, from: end ?? oldest };
    const step = await takeStep(file, query, { bounds, limit: limit + 1 - rows.length, pause });
    rows.push(...step.found);
    notSearched += step.notSearched;
    const reached = step.reached ?? end;
    if (rows.length > limit || reached === null) break;
    below = reached;
    if (pause.isTimeUp()) {
      return {
        ...page(file, rows, { ...search, limit: rows.length }),
        nextCursor: below,
        stoppedEarly: true,
        searchedBackTo: timeOfId(below),
        notSearched,
      };
    }
    await pause.yieldToOthers();
  }
  return { ...page(file, rows, search), stoppedEarly: false, searchedBackTo: null, notSearched };
}

/** Null if no event matches. */
export function prepareQuery(file: ReadableFile, filter: EventFilter): Query | null {
  const source = (filter.fields && fieldSource(file, filter.fields)) ?? chooseSource(file, filter);
  if (source === null) return null;
  return {
    source,
    conditions: toConditions(filter),
    match: eventMatchFor(filter),
    oldest: filter.from === undefined ? OLDEST : firstIdAt(filter.from),
    newest: filter.to === undefined ? AFTER_EVERY_ID : firstIdAt(filter.to + 1),
  };
}

type StepOf<T> = Readonly<{
  found: readonly T[];
  notSearched: number;
  /** The last event that was looked at; null if the whole step was. */
  reached: string | null;
}>;

type StepBounds = Readonly<{
  bounds: Bounds;
  /** -1: no limit. */
  limit: number;
  pause: Pause;
}>;

async function takeStep(file: ReadableFile, query: Query, of: StepBounds): Promise<StepOf<SummaryRow>> {
  if (query.match === null) {
    return { found: readStep(file, query, of.bounds, of.limit), notSearched: 0, reached: null };
  }
  const step = await scanStep(file, { ...query, match: query.match }, of);
  return { ...step, found: readRows(file, step.found) };
}

/** Finds the ids of the events of a step. */
export async function takeIds(file: ReadableFile, query: Query, of: StepBounds): Promise<StepOf<string>> {
  if (query.match !== null) return scanStep(file, { ...query, match: query.match }, of);
  const rows = file.db
    .query<{ id: string }, SQLQueryBindings[]>(stepSql(query, "e.id"))
    .all(...stepValues(query, of.bounds, of.limit));
  return { found: rows.map(({ id }) => id), notSearched: 0, reached: null };
}

async function scanStep(
  file: ReadableFile,
  query: Query & Readonly<{ match: EventMatch }>,
  { bounds, limit, pause }: StepBounds,
): Promise<StepOf<string>> {
  const { match } = query;
  const scan = new TextScan(file, {
    match,
    from: bounds.below,
    mostFound: limit === -1 ? Number.POSITIVE_INFINITY : limit,
    query: {
      sql: () => stepSql(query, scanColumns(match)),
      values: (below) => stepValues(query, { below, from: bounds.from }, -1),
    },
  });
  for (const _part of scan.run()) {
    if (pause.isTimeUp() && scan.reached !== bounds.below) break;
    await pause.yieldToOthers();
  }
  const { ids, notSearched, isWhole, reached } = scan;
  return { found: ids, notSearched, reached: isWhole ? null : reached };
}

function page(
  file: ReadableFile,
  rows: readonly SummaryRow[],
  { limit, withPreviews = false }: Pick<EventSearch, "limit" | "withPreviews">,
) {
  const events = summarize(file, rows.slice(0, limit), withPreviews);
  return { events, nextCursor: rows.length > limit ? (events.at(-1)?.id ?? null) : null };
}

/** The id that ends a step; null if less than a step is left. */
export function findStepEnd(
  file: ReadableFile,
  { stepEnd, endValues, toBound }: Source,
  { below, from }: Bounds,
): string | null {
  const end = file.db.query<{ id: string }, SQLQueryBindings[]>(stepEnd);
  return end.get(toBound(below), toBound(from), ...endValues)?.id ?? null;
}

function readStep(file: ReadableFile, query: Query, bounds: Bounds, limit: number): SummaryRow[] {
  return file.db
    .query<SummaryRow, SQLQueryBindings[]>(stepSql(query, SUMMARY_COLUMNS))
    .all(...stepValues(query, bounds, limit));
}

function readRows(file: ReadableFile, ids: readonly string[]): SummaryRow[] {
  return file.db
    .query<SummaryRow, [string]>(
      `SELECT ${SUMMARY_COLUMNS} FROM events e WHERE e.id IN (SELECT value FROM json_each(?)) ORDER BY e.id DESC`,
    )
    .all(JSON.stringify(ids));
}

function stepSql({ source, conditions }: Query, columns: string): string {
  const where = ["e.id < ?", "e.id >= ?", ...conditions.sql, ...(source.condition ? [source.condition] : [])];
  return `SELECT ${columns} FROM events e WHERE ${where.join(" AND ")} ORDER BY e.id DESC LIMIT ?`;
}

function stepValues(
  { source, conditions }: Query,
  { below, from }: Bounds,
  limit: number,
): SQLQueryBindings[] {
  const named = source.condition ? [source.toBound(below), source.toBound(from), ...source.values] : [];
  return [below, from, ...conditions.values, ...named, limit];
}

export type Query = Readonly<{
  source: Source;
  conditions: Conditions;
  match: EventMatch | null;
  /** Ids between which the events are; the newest is not included. */
  oldest: string;
  newest: string;
}>;

/** SQL conditions on an event named `e`, without those on its text and fields, which TextScan looks for. */
export function toConditions(filter: EventFilter): Conditions {
  const { from, to, entrypointId, method, type, status, targetId } = filter;
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
  if (status === "filtered") {
    add("e.filtered IS NOT NULL");
    const ofTarget = `EXISTS (SELECT 1 FROM ${marksIn("filtered")} WHERE f.target_id = ?)`;
    if (targetId !== undefined) add(ofTarget, targetId);
    if (filter.answer !== undefined) add("false");
    return { sql, values };
  }
  const ofDelivery = deliveryConditions(filter);
  if (ofDelivery.sql.length > 0) {
    const where = ["d.event_id = e.id", ...ofDelivery.sql].join(" AND ");
    add(`EXISTS (SELECT 1 FROM deliveries d WHERE ${where})`, ...ofDelivery.values);
  }
  return { sql, values };
}

/** Throws AppError `invalid` for a malformed cursor. */
export function requireCursor(cursor: string | null): void {
  if (cursor === null || isId(cursor)) return;
  throw invalidCursor();
}
