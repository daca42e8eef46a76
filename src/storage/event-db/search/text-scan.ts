/** Reads events in order and finds those that have a text or values of fields; long work is done in parts. */
import type { SQLQueryBindings } from "bun:sqlite";
import { BodySearch } from "../../../bodies/body-search.ts";
import type { EventFilter, FieldCondition } from "../event-filter.ts";
import type { ReadableFile } from "../event-summary.ts";
import { hasFields } from "../fields/field-values.ts";
import { contentEncodingOf, type HeaderPairs } from "../types.ts";
import { HEAD_COLUMN, HeadSearch } from "./head-search.ts";

type Row = Readonly<{
  id: string;
  content_type: string;
  body: Uint8Array;
  /** Empty if no text is looked for. */
  head: Uint8Array;
}>;

/** Larger bodies are searched in parts. */
const SMALL_BODY = 64 * 1024;
/** Bytes of bodies read in one scan, about 8 ms; a body that alone is larger has a scan of its own. */
const MOST_BYTES = 8 * 1024 * 1024;
/** Reading a body's values takes this many times as long as searching it for a text. */
const FIELDS_COST = 8;

/** The columns that a scan's query selects from events named `e`. */
export function scanColumns({ text }: EventMatch): string {
  return `e.id, e.content_type, e.body, ${text === null ? "x'' AS head" : HEAD_COLUMN}`;
}

type ScanQuery = Readonly<{
  /** Selects the rows beyond `from`, in order. */
  sql: (from: string) => string;
  values: (from: string) => SQLQueryBindings[];
}>;

/** Conditions of an event: the text, if there is one, in its head or body, and all the fields. */
export type EventMatch = Readonly<{
  text: Readonly<{ head: HeadSearch; body: BodySearch }> | null;
  fields: readonly FieldCondition[];
}>;

/** One scan of events. An EventMatch is made once per filter and used for many scans. */
export class TextScan {
  /** Events that match, in order. */
  readonly ids: string[] = [];
  /** Number of events that could not be searched. */
  notSearched = 0;
  /** The last event that was looked at; initially where the scan began. */
  reached: string;
  /** True if all rows were looked at. */
  isWhole = false;
  readonly #file: ReadableFile;
  readonly #match: EventMatch;
  readonly #query: ScanQuery;
  readonly #mostFound: number;
  #bytes = 0;

  constructor(
    file: ReadableFile,
    options: Readonly<{ match: EventMatch; query: ScanQuery; from: string; mostFound: number }>,
  ) {
    this.#file = file;
    this.#match = options.match;
    this.#query = options.query;
    this.reached = options.from;
    this.#mostFound = options.mostFound;
  }

  /** Yields after each part of a large body; the caller may stop there and use what was found so far. */
  *run(): Generator<void, void> {
    while (!this.#isFull()) {
      const row = this.#goThroughSmall();
      if (row === null) return;
      if (this.#bytes > 0 && this.#bytes + row.body.length > MOST_BYTES) return;
      this.#bytes += row.head.length + row.body.length;
      const shows = yield* this.#searchText(row);
      if (shows === "unknown") this.notSearched++;
      this.#pass(row.id, shows === "yes" && this.#hasFields(row));
    }
  }

  /** Reads on to a body that cannot be decided at once, and returns it; null if there is none or enough was read. */
  #goThroughSmall(): Row | null {
    const rows = this.#file.db.query<Row, SQLQueryBindings[]>(this.#query.sql(this.reached));
    for (const row of rows.iterate(...this.#query.values(this.reached))) {
      const { head, body } = row;
      const found = this.#tryAtOnce(row);
      // No statement may stay open while others use the same connection.
      if (found === null) return row;
      this.#bytes += head.length + body.length;
      this.#pass(row.id, found && this.#hasFields(row));
      if (this.#isFull()) return null;
    }
    this.isWhole = true;
    return null;
  }

  #tryAtOnce({ head, body, content_type }: Row): boolean | null {
    const { text, fields } = this.#match;
    const isSmall = body.length <= SMALL_BODY;
    if (text === null || text.head.has(head)) return isSmall || fields.length === 0 ? true : null;
    return isSmall ? text.body.tryAtOnce(body, content_type) : null;
  }

  *#searchText({ id, head, body, content_type: contentType }: Row): ReturnType<BodySearch["search"]> {
    const { text } = this.#match;
    if (text === null || text.head.has(head)) return "yes";
    return yield* text.body.search(body, { contentType, contentEncoding: this.#readEncoding(id) });
  }

  #hasFields(row: Row): boolean {
    const { fields } = this.#match;
    if (fields.length === 0) return true;
    this.#bytes += row.body.length * FIELDS_COST;
    return hasFields({ ...row, headers: this.#readHeaders(row.id) }, fields);
  }

  #pass(id: string, isFound: boolean): void {
    this.reached = id;
    if (isFound) this.ids.push(id);
  }

  #isFull(): boolean {
    return this.ids.length >= this.#mostFound || this.#bytes >= MOST_BYTES;
  }

  /** Called for few bodies only, as it costs more than most searches. */
  #readEncoding(id: string): string {
    const headersJson = this.#readHeaders(id);
    const headers: HeaderPairs = /"content-encoding"/i.test(headersJson) ? JSON.parse(headersJson) : [];
    return contentEncodingOf(headers);
  }

  #readHeaders(id: string): string {
    const row = this.#file.db
      .query<{ headers: string }, [string]>("SELECT headers FROM events WHERE id = ?")
      .get(id);
    return row?.headers ?? "[]";
  }
}

/** Null if the filter asks for nothing that is in heads or bodies. */
export function eventMatchFor({ text, fields = [] }: EventFilter): EventMatch | null {
  if (!text && fields.length === 0) return null;
  return { text: text ? { head: new HeadSearch(text), body: new BodySearch(text) } : null, fields };
}
