/** Stores one event for each key of its entrypoint, and counts the copies that come later. */
import type { EventFile } from "./event-file.ts";
import { recordEvent } from "./record-events.ts";
import type { EventDraft } from "./types.ts";

/** Copies listed for each event, the last ones; all are counted. */
export const MOST_LISTED = 25;

/** `eventId` is the first event's, where the draft is a copy of it. */
export type Recorded = Readonly<{ eventId: string; isDuplicate: boolean }>;

export type DuplicateCounts = Readonly<{ count: number; differing: number }>;

export type Duplicate = Readonly<{
  /** 1 for the first copy. */
  number: number;
  receivedAt: number;
  remoteAddress: string;
  bodySize: number;
  bodyDiffers: boolean;
}>;

/** `last` has the newest copies, newest first. */
export type Duplicates = DuplicateCounts & Readonly<{ last: readonly Duplicate[] }>;

export const NO_DUPLICATES: Duplicates = { count: 0, differing: 0, last: [] };

/** Runs inside the caller's transaction; the writer is the only one of its file, so that nothing comes between. */
export function recordOnce(file: EventFile, draft: EventDraft, dedupKey: string): Recorded {
  const first = file.db
    .query<{ event_id: string }, [string, string]>(
      "SELECT event_id FROM dedup_keys WHERE entrypoint_id = ? AND dedup_key = ?",
    )
    .get(draft.entrypointId, dedupKey);
  if (first) {
    recordDuplicate(file, first.event_id, draft);
    return { eventId: first.event_id, isDuplicate: true };
  }
  recordEvent(file, draft);
  file.db
    .query<unknown, [string, string, string]>(
      "INSERT INTO dedup_keys (entrypoint_id, dedup_key, event_id) VALUES (?, ?, ?)",
    )
    .run(draft.entrypointId, dedupKey, draft.id);
  return { eventId: draft.id, isDuplicate: false };
}

function recordDuplicate(file: EventFile, eventId: string, copy: EventDraft): void {
  const { receivedAt, remoteAddress, body } = copy;
  const same = file.db
    .query<{ is_same: number }, [Uint8Array, string]>("SELECT body = ? AS is_same FROM events WHERE id = ?")
    .get(body, eventId);
  const differs = same?.is_same === 1 ? 0 : 1;
  const counted = file.db
    .query<{ duplicates: number }, [number, string]>(
      `UPDATE dedup_keys SET duplicates = duplicates + 1, differing = differing + ? WHERE event_id = ?
       RETURNING duplicates`,
    )
    .get(differs, eventId);
  const number = counted?.duplicates ?? 1;
  file.db
    .query<unknown, [string, number, number, string, number, number]>(
      `INSERT INTO event_duplicates (event_id, number, received_at, remote_address, body_size, body_differs)
       VALUES (?, ?, ?, ?, ?, ?)`,
    )
    .run(eventId, number, receivedAt, remoteAddress, body.byteLength, differs);
  file.db
    .query<unknown, [string, number]>("DELETE FROM event_duplicates WHERE event_id = ? AND number <= ?")
    .run(eventId, number - MOST_LISTED);
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

/** By event; those without a copy are not in it. */
export function countDuplicates(
  file: Pick<EventFile, "db">,
  eventIds: readonly string[],
): ReadonlyMap<string, DuplicateCounts> {
  const rows = file.db
    .query<{ event_id: string; duplicates: number; differing: number }, [string]>(
      `SELECT event_id, duplicates, differing FROM dedup_keys
        WHERE duplicates > 0 AND event_id IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(eventIds));
  return new Map(rows.map(({ event_id, duplicates: count, differing }) => [event_id, { count, differing }]));
}

/** With their event, inside the transaction that deletes it: the next copy is an event again. */
export function forgetDuplicates(file: EventFile, eventId: string): void {
  file.db.query<unknown, [string]>("DELETE FROM event_duplicates WHERE event_id = ?").run(eventId);
  file.db.query<unknown, [string]>("DELETE FROM dedup_keys WHERE event_id = ?").run(eventId);
}
