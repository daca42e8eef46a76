/** The index of fields: entries written behind ingest, deleted with their events, cleared where the fields change. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import type { EventFile } from "../event-file.ts";
import { AFTER_PREFIX, bitsOf, FIELD_COLUMNS, type FieldRow, hashesOf } from "./field-values.ts";

/** Entries of a sorted group, or deleted in one transaction: a group of this size takes about 9 ms to write. */
export const ENTRIES_PER_STEP = 5_000;

export type FieldIndex = Readonly<{
  /** Sorted and distinct; none while old entries are being deleted. */
  places: readonly string[];
  /** The last event with entries, by the order in which events were written; "" before the first. */
  lastEventId: string;
}>;

/** The entries of events that were written one after the other. */
export type EntryGroup = Readonly<{
  /** Hash and event in turn, in the order of the index. */
  entries: BigInt64Array;
  events: number;
  lastEventId: string;
  /** True if no event came after them. */
  isEnd: boolean;
}>;

const placesSchema = z.array(z.string());

export function readFieldIndex(db: Database): FieldIndex {
  const row = db
    .query<{ places: string; last_event_id: string }, []>("SELECT places, last_event_id FROM field_index")
    .get();
  if (row === null) return { places: [], lastEventId: "" };
  return { places: placesSchema.parse(JSON.parse(row.places)), lastEventId: row.last_event_id };
}

/** How the index stores its places: equal texts are equal places. */
export function placesText(places: readonly string[]): string {
  return JSON.stringify([...new Set(places)].sort());
}

/** Makes the index one of these places, in steps; false while entries of others are left. */
export function prepareIndex(file: EventFile, places: readonly string[]): boolean {
  const wanted = placesText(places);
  if (placesText(readFieldIndex(file.db).places) === wanted) return true;
  writeIndex(file.db, { places: "[]", lastEventId: "" });
  const { changes } = file.db
    .query<unknown, [number]>(
      "DELETE FROM event_fields WHERE (hash, event) IN (SELECT hash, event FROM event_fields LIMIT ?)",
    )
    .run(ENTRIES_PER_STEP);
  if (changes === ENTRIES_PER_STEP) return false;
  writeIndex(file.db, { places: wanted, lastEventId: "" });
  return true;
}

/** Takes as long as the index is large. */
export function clearIndex(db: Database): void {
  db.run("DELETE FROM event_fields");
  writeIndex(db, { places: "[]", lastEventId: "" });
}

/** Reads the entries of the next events, as many as fit into one transaction; null if there are none. */
export function readEntries(
  db: Database,
  { places, lastEventId }: FieldIndex,
  isTimeUp: () => boolean,
): EntryGroup | null {
  const rows = db.query<FieldRow, [string, number]>(
    `SELECT ${FIELD_COLUMNS} FROM events WHERE rowid > ${ROWID_OF} ORDER BY rowid LIMIT ?`,
  );
  const found: (readonly [hash: bigint, event: bigint])[] = [];
  let events = 0;
  let last = lastEventId;
  let isEnd = true;
  for (const row of rows.iterate(lastEventId, ENTRIES_PER_STEP)) {
    for (const hash of hashesOf(row, places)) found.push([hash, bitsOf(row.id)]);
    events++;
    last = row.id;
    if (events < ENTRIES_PER_STEP && found.length + places.length <= ENTRIES_PER_STEP && !isTimeUp())
      continue;
    isEnd = false;
    break;
  }
  if (events === 0) return null;
  found.sort(([hash, event], [otherHash, otherEvent]) =>
    hash === otherHash ? compare(event, otherEvent) : compare(hash, otherHash),
  );
  return { entries: new BigInt64Array(found.flat()), events, lastEventId: last, isEnd };
}

/** A group, of which the entries before `from` are written. */
export type OpenGroup = Readonly<{ before: FieldIndex; group: EntryGroup; from: number }>;

/**
 * Writes entries until the time is up, and the mark with the last of them. Returns what is left; null if nothing is.
 * "stale" if events or the index changed since the group was read: it must be read again.
 */
export function addEntries(
  file: EventFile,
  open: OpenGroup,
  isTimeUp: () => boolean,
): OpenGroup | "stale" | null {
  const { db } = file;
  const { before, group } = open;
  const now = readFieldIndex(db);
  const isSame = placesText(now.places) === placesText(before.places);
  if (!isSame || now.lastEventId !== before.lastEventId) return "stale";
  const present = db
    .query<{ n: number }, [string, string]>(
      `SELECT count(*) AS n FROM events
        WHERE rowid > ${ROWID_OF} AND rowid <= (SELECT rowid FROM events WHERE id = ?)`,
    )
    .get(before.lastEventId, group.lastEventId);
  if (present?.n !== group.events) return "stale";
  const insert = db.query<unknown, [bigint, bigint]>("INSERT OR IGNORE INTO event_fields VALUES (?, ?)");
  for (let at = open.from; at < group.entries.length; at += 2) {
    if (at > open.from && isTimeUp()) return { ...open, from: at };
    insert.run(group.entries[at] ?? 0n, group.entries[at + 1] ?? 0n);
  }
  writeIndex(db, { places: placesText(now.places), lastEventId: group.lastEventId });
  return null;
}

/** Deletes the entries of an event that is about to be deleted, except those that it shares with another one. */
export function forgetFields(file: EventFile, places: readonly string[], eventId: string): void {
  if (places.length === 0) return;
  const { db } = file;
  const prefix = eventId.slice(0, PREFIX_LENGTH);
  const rows = db
    .query<FieldRow, [string, string]>(`SELECT ${FIELD_COLUMNS} FROM events WHERE id >= ? AND id < ?`)
    .all(prefix, prefix + AFTER_PREFIX);
  const hashes = (isOwn: boolean) =>
    rows.filter(({ id }) => (id === eventId) === isOwn).flatMap((row) => [...hashesOf(row, places)]);
  const kept = new Set(hashes(false));
  const remove = db.query<unknown, [bigint, bigint]>("DELETE FROM event_fields WHERE hash = ? AND event = ?");
  for (const hash of hashes(true)) if (!kept.has(hash)) remove.run(hash, bitsOf(eventId));
  db.query<unknown, [string]>(
    `UPDATE field_index SET last_event_id = coalesce((SELECT before.id FROM events before
        WHERE before.rowid < (SELECT rowid FROM events WHERE id = ?1) ORDER BY before.rowid DESC LIMIT 1), '')
      WHERE last_event_id = ?1`,
  ).run(eventId);
}

/** The events that are not in the index; may be too many, as there may be fewer events than row numbers. */
export function eventsBehind(db: Database): number {
  const { lastEventId } = readFieldIndex(db);
  const row = db
    .query<{ n: number | null }, [string]>(`SELECT (SELECT max(rowid) FROM events) - ${ROWID_OF} AS n`)
    .get(lastEventId);
  return row?.n ?? 0;
}

/** Length of the beginning of an id that its first 64 bits make. */
const PREFIX_LENGTH = 18;

/** The row of an event id; 0 if there is none. */
export const ROWID_OF = "coalesce((SELECT rowid FROM events WHERE id = ?), 0)";

function writeIndex(db: Database, of: Readonly<{ places: string; lastEventId: string }>): void {
  db.query<unknown, [string, string]>(
    "INSERT OR REPLACE INTO field_index (one, places, last_event_id) VALUES (1, ?, ?)",
  ).run(of.places, of.lastEventId);
}

function compare(one: bigint, other: bigint): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
