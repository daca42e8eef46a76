/** Notes with an event which targets' filters kept it from them, and which could not judge it. */
import type { Database } from "bun:sqlite";
import type { FilterMark } from "./types.ts";

export type FilterMarks = Readonly<{
  /** These targets did not get the event. */
  filtered: readonly FilterMark[];
  /** These got it because their filter could not judge it. */
  unjudged: readonly FilterMark[];
}>;

/** A statement that changes nothing returns nothing: so that a known filter returns its number, it is written again. */
const INSERT_FILTER = `INSERT INTO target_filters (target_id, fingerprint) VALUES (?, ?)
  ON CONFLICT (target_id, fingerprint) DO UPDATE SET fingerprint = excluded.fingerprint RETURNING number`;

/** The numbers of filters within one event file. */
export class FilterNumbers {
  readonly #db: Database;
  #numbers = new WeakMap<FilterMark, number>();

  constructor(db: Database) {
    this.#db = db;
  }

  /** For an event's column; null for no marks. Inside the caller's transaction. */
  listOf(marks: readonly FilterMark[] | undefined): string | null {
    if (marks === undefined || marks.length === 0) return null;
    return `[${marks.map((mark) => this.#numberOf(mark)).join(",")}]`;
  }

  /** To be called when a transaction was rolled back: numbers that it gave are not there. */
  forgetAll(): void {
    this.#numbers = new WeakMap();
  }

  #numberOf(mark: FilterMark): number {
    const known = this.#numbers.get(mark);
    if (known !== undefined) return known;
    const number = this.#db
      .query<{ number: number }, [string, string]>(INSERT_FILTER)
      .get(mark.targetId, mark.fingerprint)?.number;
    if (number === undefined) throw new Error("SQLite returned no number for a filter");
    this.#numbers.set(mark, number);
    return number;
  }
}

type Row = { target_id: string; fingerprint: string };

/** Filters named in a column of an event that is called `e`. */
export function marksIn(column: "filtered" | "unjudged"): string {
  return `json_each(e.${column}) j JOIN target_filters f ON f.number = j.value`;
}

export function readFilterMarks(file: Readonly<{ db: Database }>, eventId: string): FilterMarks {
  const read = (column: "filtered" | "unjudged") =>
    file.db
      .query<Row, [string]>(
        `SELECT f.target_id, f.fingerprint FROM events e, ${marksIn(column)} WHERE e.id = ? ORDER BY j.key`,
      )
      .all(eventId)
      .map((row) => ({ targetId: row.target_id, fingerprint: row.fingerprint }));
  return { filtered: read("filtered"), unjudged: read("unjudged") };
}
