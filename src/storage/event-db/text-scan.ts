/** Goes through events in an order and tells those whose bodies show a text; what takes longer is done in parts. */
import type { SQLQueryBindings } from "bun:sqlite";
import { BodySearch } from "../../bodies/body-search.ts";
import type { ReadableFile } from "./event-summary.ts";
import { contentEncodingOf, type HeaderPairs } from "./types.ts";

type Row = Readonly<{ id: string; content_type: string; body: Uint8Array }>;

/** Larger bodies are looked into in parts. */
const SMALL_BODY = 64 * 1024;
/** Bodies read in one scan, about 8 ms; one that alone is larger has a scan for itself. */
const MOST_BYTES = 8 * 1024 * 1024;

/** What a query of a scan selects, of events that are called `e`. */
export const SCAN_COLUMNS = "e.id, e.content_type, e.body";

export type ScanQuery = Readonly<{
  /** The rows beyond `from`, in order. */
  sql: (from: string) => string;
  values: (from: string) => SQLQueryBindings[];
}>;

/** Searches, each for one text, are made once and used for many scans. */
export class TextScan {
  /** Events that show the text, in order. */
  readonly ids: string[] = [];
  /** Events of which that cannot be said. */
  notSearched = 0;
  /** The last event that was looked at; where the scan began, at first. */
  reached: string;
  /** All rows were looked at. */
  isWhole = false;
  readonly #file: ReadableFile;
  readonly #search: BodySearch;
  readonly #query: ScanQuery;
  readonly #mostFound: number;
  #bytes = 0;

  constructor(
    file: ReadableFile,
    options: Readonly<{ search: BodySearch; query: ScanQuery; from: string; mostFound: number }>,
  ) {
    this.#file = file;
    this.#search = options.search;
    this.#query = options.query;
    this.reached = options.from;
    this.#mostFound = options.mostFound;
  }

  /** Yields after each part of a large body; whoever goes no further has what was found until then. */
  *run(): Generator<void, void> {
    while (!this.#isFull()) {
      const row = this.#goThroughSmall();
      if (row === null) return;
      if (this.#bytes > 0 && this.#bytes + row.body.length > MOST_BYTES) return;
      this.#bytes += row.body.length;
      const head = { contentType: row.content_type, contentEncoding: this.#readEncoding(row.id) };
      const shows = yield* this.#search.search(row.body, head);
      if (shows === "unknown") this.notSearched++;
      this.#pass(row.id, shows === "yes");
    }
  }

  /** Up to a body that cannot be told at once; null where there is none, or enough was read. */
  #goThroughSmall(): Row | null {
    const rows = this.#file.db.query<Row, SQLQueryBindings[]>(this.#query.sql(this.reached));
    for (const row of rows.iterate(...this.#query.values(this.reached))) {
      const { body } = row;
      const found = body.length > SMALL_BODY ? null : this.#search.tryAtOnce(body, row.content_type);
      // Nothing may stay open while others have their turn on the same connection.
      if (found === null) return row;
      this.#bytes += body.length;
      this.#pass(row.id, found);
      if (this.#isFull()) return null;
    }
    this.isWhole = true;
    return null;
  }

  #pass(id: string, isFound: boolean): void {
    this.reached = id;
    if (isFound) this.ids.push(id);
  }

  #isFull(): boolean {
    return this.ids.length >= this.#mostFound || this.#bytes >= MOST_BYTES;
  }

  /** Asked for few bodies only, as it costs more than most searches. */
  #readEncoding(id: string): string {
    const row = this.#file.db
      .query<{ headers: string }, [string]>("SELECT headers FROM events WHERE id = ?")
      .get(id);
    const headersJson = row?.headers ?? "[]";
    const headers: HeaderPairs = /"content-encoding"/i.test(headersJson) ? JSON.parse(headersJson) : [];
    return contentEncodingOf(headers);
  }
}

/** Null where no text is asked for. */
export function bodySearchFor(text: string | undefined): BodySearch | null {
  return text ? new BodySearch(text) : null;
}
