/** The index of fields: entries written behind ingest, deleted with their events, cleared where the fields change. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import type { EventFile } from "../event-file.ts";
import { AFTER_PREFIX, bitsOf, FIELD_COLUMNS, type FieldRow, hashesOf } from "./field-values.ts";

/** Entries of a sorted group: one of this size takes about 9 ms to write. */
export const ENTRIES_PER_GROUP = 5_000;

const ENTRY_BYTES = 16;

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

/** Makes the index one of these places, in steps of `limit` entries; false while entries of others are left. */
export function prepareIndex(
  file: EventFile,
  { places, limit }: Readonly<{ places: readonly string[]; limit: number }>,
): boolean {
  const wanted = placesText(places);
  if (placesText(readFieldIndex(file.db).places) === wanted) return true;
  writeIndex(file.db, { places: "[]", lastEventId: "" });
  const { changes } = file.db
    .query<unknown, [number]>(
      `DELETE FROM event_fields WHERE (hash, event) IN
         (SELECT hash, event FROM event_fields ORDER BY hash, event LIMIT ?)`,
    )
    .run(limit);
  if (changes === limit) return false;
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
  for (const row of rows.iterate(lastEventId, ENTRIES_PER_GROUP)) {
    for (const hash of hashesOf(row, places)) found.push([hash, bitsOf(row.id)]);
    events++;
    last = row.id;
    if (events < ENTRIES_PER_GROUP && found.length + places.length <= ENTRIES_PER_GROUP && !isTimeUp())
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

/** A part of a group, in plain data. */
export type EntryPart = Readonly<{
  /** The index when the group was read. */
  before: FieldIndex;
  /** As in the group. */
  events: number;
  lastEventId: string;
  /** Hash and event in turn, each in 8 bytes, the low ones first. */
  entries: Uint8Array;
  /** True if the group has no more entries. */
  isLast: boolean;
}>;

/**
 * Writes entries, and the mark with the last of them. "stale" if events or the index changed since the group was read:
 * it must be read again.
 */
export function addEntries(file: EventFile, part: EntryPart): "added" | "stale" {
  const { db } = file;
  const { before } = part;
  const now = readFieldIndex(db);
  const isSame = placesText(now.places) === placesText(before.places);
  if (!isSame || now.lastEventId !== before.lastEventId) return "stale";
  const present = db
    .query<{ n: number }, [string, string]>(
      `SELECT count(*) AS n FROM events
        WHERE rowid > ${ROWID_OF} AND rowid <= (SELECT rowid FROM events WHERE id = ?)`,
    )
    .get(before.lastEventId, part.lastEventId);
  if (present?.n !== part.events) return "stale";
  const insert = db.query<unknown, [bigint, bigint]>("INSERT OR IGNORE INTO event_fields VALUES (?, ?)");
  const { buffer, byteOffset, byteLength } = part.entries;
  const entries = new DataView(buffer, byteOffset, byteLength);
  for (let at = 0; at < byteLength; at += ENTRY_BYTES) {
    insert.run(entries.getBigInt64(at, true), entries.getBigInt64(at + ENTRY_BYTES / 2, true));
  }
  if (part.isLast) writeIndex(db, { places: placesText(now.places), lastEventId: part.lastEventId });
  return "added";
}

/** The part of a group that begins at one entry and ends before another. */
export function partOf(
  before: FieldIndex,
  group: EntryGroup,
  { from, to }: Readonly<{ from: number; to: number }>,
): EntryPart {
  const { buffer, byteOffset, byteLength } = group.entries;
  const all = new Uint8Array(buffer, byteOffset, byteLength);
  return {
    before,
    events: group.events,
    lastEventId: group.lastEventId,
    entries: all.subarray(from * ENTRY_BYTES, to * ENTRY_BYTES),
    isLast: to * ENTRY_BYTES >= byteLength,
  };
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
