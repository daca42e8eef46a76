/** Stores one event for each request with a key, and counts the duplicates that come later. */
import { createHash } from "node:crypto";
import type { EventFile } from "./event-file.ts";
import { recordEvent } from "./record-events.ts";
import type { DuplicateCounts, EventDraft } from "./types.ts";

/** Duplicates listed for each event, the latest ones; all are counted. */
export const MOST_LISTED = 25;

/** Identifies a request's duplicates. */
export type DedupKey = Readonly<{
  key: string;
  /** SHA-256. */
  bodyHash: Uint8Array;
  /** How to treat a different request that has the key of a stored event. */
  differing: "store" | "drop" | "refuse";
}>;

/** `eventId` is the first event's if the draft is a duplicate of it. */
export type Recorded = Readonly<{
  eventId: string;
  isDuplicate: boolean;
  /** The event has the draft's key and another body, and the key says that nothing is stored then. */
  isRefused?: true;
}>;

export type Duplicate = Readonly<{
  /** 1 for the first duplicate. */
  number: number;
  receivedAt: number;
  remoteAddress: string;
  bodySize: number;
  bodyDiffers: boolean;
}>;

/** `last` has the latest duplicates, newest first. */
export type Duplicates = DuplicateCounts & Readonly<{ last: readonly Duplicate[] }>;

export const NO_COUNTS: DuplicateCounts = { count: 0, differing: 0, sameKeyAs: null };
const NO_DUPLICATES: Duplicates = { ...NO_COUNTS, last: [] };

/** Marks rows stored before requests were hashed. */
const NOT_HASHED = new Uint8Array(0);

/**
 * Stores the draft or counts it as a duplicate, inside the caller's transaction. The writer is the file's only one, so
 * nothing comes between look-up and insert.
 */
export function recordOnce(file: EventFile, draft: EventDraft, dedup: DedupKey): Recorded {
  const { entrypointId } = draft;
  const { key } = dedup;
  const hash = hashRequest(draft, dedup.bodyHash);
  const copied = findHashed(file, { entrypointId, key, hash });
  if (copied !== null) return recordDuplicate(file, { eventId: copied, copy: draft, differs: false });
  const first = findFirst(file, { entrypointId, key });
  if (first !== null) {
    if (hashOldRow(file, { entrypointId, key })) return recordOnce(file, draft, dedup);
    if (dedup.differing === "refuse") return { eventId: first, isDuplicate: true, isRefused: true };
    if (dedup.differing === "drop") {
      return recordDuplicate(file, { eventId: first, copy: draft, differs: true });
    }
  }
  recordEvent(file, draft);
  file.db
    .query<unknown, [string, string, Uint8Array, string]>(
      "INSERT INTO dedup_keys (entrypoint_id, dedup_key, request_hash, event_id) VALUES (?, ?, ?, ?)",
    )
    .run(entrypointId, key, hash, draft.id);
  return { eventId: draft.id, isDuplicate: false };
}

type RequestLine = Pick<EventDraft, "method" | "pathTail" | "query">;

function hashRequest({ method, pathTail, query }: RequestLine, bodyHash: Uint8Array): Uint8Array {
  return createHash("sha256")
    .update(JSON.stringify([method, pathTail, query]))
    .update(bodyHash)
    .digest();
}

type Keyed = Readonly<{ entrypointId: string; key: string }>;

function findHashed(file: EventFile, { entrypointId, key, hash }: Keyed & { hash: Uint8Array }) {
  const row = file.db
    .query<{ event_id: string }, [string, string, Uint8Array]>(
      "SELECT event_id FROM dedup_keys WHERE entrypoint_id = ? AND dedup_key = ? AND request_hash = ?",
    )
    .get(entrypointId, key, hash);
  return row === null ? null : row.event_id;
}

function findFirst(file: EventFile, { entrypointId, key }: Keyed): string | null {
  const row = file.db
    .query<{ id: string | null }, [string, string]>(
      "SELECT min(event_id) AS id FROM dedup_keys WHERE entrypoint_id = ? AND dedup_key = ?",
    )
    .get(entrypointId, key);
  return row === null ? null : row.id;
}

/** Hashes the key's row that has no hash yet, of which there is at most one; true if there was one. */
function hashOldRow(file: EventFile, keyed: Keyed): boolean {
  const eventId = findHashed(file, { ...keyed, hash: NOT_HASHED });
  if (eventId === null) return false;
  const row = file.db
    .query<{ method: string; path_tail: string; query: string; body: Uint8Array }, [string]>(
      "SELECT method, path_tail, query, body FROM events WHERE id = ?",
    )
    .get(eventId);
  if (row === null) return false;
  const { method, path_tail: pathTail, query, body } = row;
  const hash = hashRequest({ method, pathTail, query }, createHash("sha256").update(body).digest());
  file.db
    .query<unknown, [Uint8Array, string]>("UPDATE dedup_keys SET request_hash = ? WHERE event_id = ?")
    .run(hash, eventId);
  return true;
}

type Copied = Readonly<{ eventId: string; copy: EventDraft; differs: boolean }>;

function recordDuplicate(file: EventFile, { eventId, copy, differs }: Copied): Recorded {
  const { receivedAt, remoteAddress, body } = copy;
  const counted = file.db
    .query<{ duplicates: number }, [number, string]>(
      `UPDATE dedup_keys SET duplicates = duplicates + 1, differing = differing + ? WHERE event_id = ?
       RETURNING duplicates`,
    )
    .get(differs ? 1 : 0, eventId);
  const number = counted?.duplicates ?? 1;
  file.db
    .query<unknown, [string, number, number, string, number, number]>(
      `INSERT INTO event_duplicates (event_id, number, received_at, remote_address, body_size, body_differs)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(eventId, number, receivedAt, remoteAddress, body.byteLength, differs ? 1 : 0);
  file.db
    .query<unknown, [string, number]>("DELETE FROM event_duplicates WHERE event_id = ? AND number <= ?")
    .run(eventId, number - MOST_LISTED);
  return { eventId, isDuplicate: true };
}

type DuplicateRow = {
  number: number;
  received_at: number;
  remote_address: string;
  body_size: number;
  body_differs: number;
};

export function readDuplicates(file: EventFile, eventId: string): Duplicates {
  const counts = countDuplicates(file, [eventId]).get(eventId);
  if (!counts) return NO_DUPLICATES;
  const rows = file.db
    .query<DuplicateRow, [string]>("SELECT * FROM event_duplicates WHERE event_id = ? ORDER BY number DESC")
    .all(eventId);
  const last = rows.map((row) => ({
    number: row.number,
    receivedAt: row.received_at,
    remoteAddress: row.remote_address,
    bodySize: row.body_size,
    bodyDiffers: row.body_differs === 1,
  }));
  return { ...counts, last };
}

type CountRow = Readonly<{
  event_id: string;
  duplicates: number;
  differing: number;
  first_id: string;
  is_same_line: number | null;
}>;

/** Counts by event id; events without a key are missing. */
export function countDuplicates(
  file: Pick<EventFile, "db">,
  eventIds: readonly string[],
): ReadonlyMap<string, DuplicateCounts> {
  const rows = file.db
    .query<CountRow, [string]>(
      `SELECT k.event_id, k.duplicates, k.differing, k.first_id,
         (e.method, e.path_tail, e.query) = (f.method, f.path_tail, f.query) AS is_same_line
        FROM (SELECT event_id, duplicates, differing, (SELECT min(o.event_id) FROM dedup_keys o
            WHERE o.entrypoint_id = d.entrypoint_id AND o.dedup_key = d.dedup_key) AS first_id
          FROM dedup_keys d WHERE event_id IN (SELECT value FROM json_each(?))) k
        LEFT JOIN events e ON e.id = k.event_id AND k.first_id <> k.event_id
        LEFT JOIN events f ON f.id = k.first_id AND k.first_id <> k.event_id`,
    )
    .all(JSON.stringify(eventIds));
  return new Map(rows.map((row) => [row.event_id, toCounts(row)]));
}

function toCounts({
  event_id,
  first_id,
  duplicates: count,
  differing,
  is_same_line,
}: CountRow): DuplicateCounts {
  if (first_id === event_id) return { count, differing, sameKeyAs: null };
  const differsIn = is_same_line === 1 ? "body" : "request line";
  return { count, differing, sameKeyAs: { eventId: first_id, differsIn } };
}

/** Deletes the counts in the transaction that deletes their event: the next request with the key is an event again. */
export function forgetDuplicates(file: EventFile, eventId: string): void {
  file.db.query<unknown, [string]>("DELETE FROM event_duplicates WHERE event_id = ?").run(eventId);
  file.db.query<unknown, [string]>("DELETE FROM dedup_keys WHERE event_id = ?").run(eventId);
}
