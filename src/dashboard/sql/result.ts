/** Reads a result for the page: as much of it as a page should hold, and the events that its ids name. */
import { z } from "zod";
import { isId } from "../../lib/ids.ts";
import type { QueryResult } from "../../storage/sql-console/query-process.ts";

export const MOST_SHOWN_ROWS = 500;
const MOST_CELLS = 5_000;
/** As many as a replay of selected events may have. */
const MOST_REPLAYED = 200;
const EVENT_COLUMNS = new Set(["id", "event_id"]);

const rowsSchema = z.array(
  z.array(z.union([z.null(), z.string(), z.number(), z.strictObject({ base64: z.string() })])),
);

export type Cell = z.output<typeof rowsSchema>[number][number];

export type ShownResult = Readonly<{
  columns: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** Rows that the statement gave. */
  count: number;
  truncated: QueryResult["truncated"];
  ms: number;
  /** Index of the column whose values are ids of events; -1: there is none. */
  eventColumn: number;
  /** Ids of events to replay, each once. */
  eventIds: readonly string[];
  /** Different ids of events in the result. */
  eventCount: number;
}>;

export function readResult({ columns, text, row_count: count, truncated, ms }: QueryResult): ShownResult {
  const rows = rowsSchema.parse(JSON.parse(text));
  const eventColumn = columns.findIndex(
    (column, index) => EVENT_COLUMNS.has(column.toLowerCase()) && areIds(rows.map((row) => row[index])),
  );
  const found = new Set(rows.map((row) => row[eventColumn]).filter(isEventId));
  const mostRows = Math.max(1, Math.floor(MOST_CELLS / Math.max(1, columns.length)));
  return {
    columns,
    rows: rows.slice(0, mostRows),
    count,
    truncated,
    ms,
    eventColumn,
    eventIds: [...found].slice(0, MOST_REPLAYED),
    eventCount: found.size,
  };
}

/** Whether all values but NULLs are ids, and there is one. */
function areIds(values: readonly (Cell | undefined)[]): boolean {
  const given = values.filter((value) => value !== null);
  return given.length > 0 && given.every(isEventId);
}

function isEventId(value: Cell | undefined): value is string {
  return typeof value === "string" && isId(value);
}
