/** Up to where the entries of a cluster's log are applied to an event file; written with what they change. */
import type { Database } from "bun:sqlite";

/** One entry of one record in a log. */
export type LogPlace = Readonly<{
  /** Identifies the log. */
  born: string;
  position: number;
  /** Index among the record's entries. */
  entry: number;
}>;

/** Nothing is read or written before the first entry, so that a single machine pays nothing. */
export class LogPosition {
  readonly #db: Database;
  /** As it will be once the transaction under way is committed; undefined before the first look. */
  #place: LogPlace | null | undefined;
  #isChanged = false;

  constructor(db: Database) {
    this.#db = db;
  }

  /** True if the entry is applied already. */
  has({ born, position, entry }: LogPlace): boolean {
    const place = this.#read();
    if (place === null || place.born !== born) return false;
    return position < place.position || (position === place.position && entry <= place.entry);
  }

  /** Notes that the entry, and every one before it, is applied. */
  advance(place: LogPlace): void {
    this.#place = place;
    this.#isChanged = true;
  }

  /** Writes the place inside the transaction that applies its entry. */
  write(): void {
    if (!this.#isChanged || !this.#place) return;
    const { born, position, entry } = this.#place;
    this.#db
      .query<unknown, [string, number, number]>(
        "INSERT OR REPLACE INTO log_position (id, born, position, entry) VALUES (1, ?, ?, ?)",
      )
      .run(born, position, entry);
    this.#isChanged = false;
  }

  /** Call after the transaction was rolled back. */
  clear(): void {
    this.#place = undefined;
    this.#isChanged = false;
  }

  #read(): LogPlace | null {
    if (this.#place !== undefined) return this.#place;
    this.#place = this.#db.query<LogPlace, []>("SELECT born, position, entry FROM log_position").get();
    return this.#place;
  }
}
