/** Rejected requests, which failed verification: stored within limits, listed, turned into events, deleted. */
import { firstIdAt } from "../../lib/ids.ts";
import { type DedupKey, type Recorded, recordOnce } from "./duplicates.ts";
import type { EventFile } from "./event-file.ts";
import type { SummaryRow as EventRow } from "./event-summary.ts";
import { recordEvent } from "./record-events.ts";
import type { EventDraft, HeaderPairs } from "./types.ts";

/** Limits per entrypoint: how much a stranger may fill. */
export const MOST_REQUESTS = 1_000;
export const MOST_BYTES = 16 * 1024 * 1024;

export type RejectedDraft = Readonly<{
  id: string;
  entrypointId: string;
  receivedAt: number;
  method: string;
  pathTail: string;
  query: string;
  headers: HeaderPairs;
  contentType: string;
  remoteAddress: string;
  /** Why the request was rejected, for the entrypoint's owner. */
  reason: string;
  /** The sealed secrets that marks replace in headers and query; null if none were replaced. */
  sealedSecret: string | null;
  body: Uint8Array;
}>;

export type RejectedSummary = Omit<RejectedDraft, "headers" | "sealedSecret" | "body"> &
  Readonly<{ bodySize: number }>;

export type RejectedRequest = RejectedSummary &
  Readonly<{ headers: HeaderPairs; sealedSecret: string | null; body: Uint8Array }>;

type SummaryRow = Omit<EventRow, "type"> & Readonly<{ reason: string }>;

type Row = SummaryRow & { headers: string; sealed_secret: string | null; body: Uint8Array };

const SUMMARY = `id, entrypoint_id, received_at, method, path_tail, query, content_type, remote_address, reason,
  body_size`;

/** Stores a request; beyond the limits, deletes the oldest ones of its entrypoint. */
export function keepRejected(file: EventFile, draft: RejectedDraft): void {
  const { id, entrypointId, receivedAt, method, pathTail, query, sealedSecret } = draft;
  const headersJson = JSON.stringify(draft.headers);
  const texts = headersJson.length + pathTail.length + query.length + (sealedSecret?.length ?? 0);
  const size = draft.body.byteLength + texts;
  file.db
    .query(
      `INSERT INTO rejected_requests (id, entrypoint_id, received_at, method, path_tail, query, headers, content_type,
         remote_address, reason, size, body_size, body, sealed_secret)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      ...[id, entrypointId, receivedAt, method, pathTail, query, headersJson, draft.contentType],
      ...[draft.remoteAddress, draft.reason, size, draft.body.byteLength, draft.body, sealedSecret],
    );
  let left = count(file, entrypointId, { requests: 1, bytes: size });
  while (left.requests > MOST_REQUESTS || left.bytes > MOST_BYTES) {
    const oldest = file.db
      .query<{ id: string }, [string]>(
        "SELECT id FROM rejected_requests WHERE entrypoint_id = ? ORDER BY id LIMIT 1",
      )
      .get(entrypointId);
    if (!oldest) return;
    left = deleteOne(file, oldest.id) ?? left;
  }
}

type Tallied = Readonly<{ requests: number; bytes: number }>;

function count(file: EventFile, entrypointId: string, { requests, bytes }: Tallied): Tallied {
  const tallied = file.db
    .query<{ requests: number; bytes: number }, [string, number, number]>(
      `INSERT INTO rejected_tallies (entrypoint_id, requests, bytes) VALUES (?, ?, ?)
       ON CONFLICT (entrypoint_id) DO UPDATE SET requests = requests + excluded.requests,
         bytes = bytes + excluded.bytes RETURNING requests, bytes`,
    )
    .get(entrypointId, requests, bytes);
  return tallied ?? { requests, bytes };
}

/** The entrypoint's remaining tally; null if there was no such request. */
function deleteOne(file: EventFile, id: string): Tallied | null {
  const deleted = file.db
    .query<{ entrypoint_id: string; size: number }, [string]>(
      "DELETE FROM rejected_requests WHERE id = ? RETURNING entrypoint_id, size",
    )
    .get(id);
  return deleted && count(file, deleted.entrypoint_id, { requests: -1, bytes: -deleted.size });
}

/**
 * A separate condition, not `?1 IS NULL OR …`, so that SQLite reads the entrypoint's index and not everybody's rows.
 */
function ofEntrypoint(entrypointId: string | null): string {
  return entrypointId === null ? "" : "entrypoint_id = ?1 AND ";
}

export type RejectedPage = Readonly<{ requests: readonly RejectedSummary[]; nextCursor: string | null }>;

/** Newest first; `entrypointId` null lists those of all entrypoints. */
export function listRejected(
  file: EventFile,
  asked: Readonly<{ entrypointId: string | null; limit: number; cursor: string | null }>,
): RejectedPage {
  const { entrypointId, limit, cursor } = asked;
  const rows = file.db
    .query<SummaryRow, [string | null, string, number]>(
      `SELECT ${SUMMARY} FROM rejected_requests WHERE ${ofEntrypoint(entrypointId)}id < ?2
        ORDER BY id DESC LIMIT ?3`,
    )
    .all(entrypointId, cursor ?? "~", limit + 1);
  const requests = rows.slice(0, limit).map(toSummary);
  return { requests, nextCursor: rows.length > limit ? (requests.at(-1)?.id ?? null) : null };
}

export function findRejected(file: EventFile, id: string): RejectedRequest | null {
  const row = file.db.query<Row, [string]>("SELECT * FROM rejected_requests WHERE id = ?").get(id);
  return row && toRequest(row);
}

/** The ids of all rejected requests at this moment, oldest first. */
export function listRejectedIds(file: EventFile, entrypointId: string | null): readonly string[] {
  return file.db
    .query<{ id: string }, [string | null, string]>(
      `SELECT id FROM rejected_requests WHERE ${ofEntrypoint(entrypointId)}id > ?2 ORDER BY id`,
    )
    .all(entrypointId, "")
    .map(({ id }) => id);
}

/** Number of stored requests by entrypoint. */
export function countRejected(file: EventFile): ReadonlyMap<string, number> {
  const rows = file.db
    .query<{ entrypoint_id: string; requests: number }, []>(
      "SELECT entrypoint_id, requests FROM rejected_tallies WHERE requests > 0",
    )
    .all();
  return new Map(rows.map((row) => [row.entrypoint_id, row.requests]));
}

export type Reverified = Readonly<{ id: string; draft: EventDraft; dedupKey: DedupKey | null }>;

/** Turns a rejected request into an event; null if the request is gone, most often because somebody else did so. */
export function acceptReverified(file: EventFile, { id, draft, dedupKey }: Reverified): Recorded | null {
  const before = file.db
    .query<{ received_at: number }, [string]>("SELECT received_at FROM rejected_requests WHERE id = ?")
    .get(id);
  if (!before) return null;
  deleteOne(file, id);
  if (dedupKey !== null) {
    const recorded = recordOnce(file, draft, dedupKey);
    if (recorded.isDuplicate) return recorded;
  } else recordEvent(file, draft);
  file.db
    .query<unknown, [string, number]>(
      "INSERT INTO released_events (event_id, first_received_at) VALUES (?, ?)",
    )
    .run(draft.id, before.received_at);
  return { eventId: draft.id, isDuplicate: false };
}

/** When an event was received that was first rejected; null for any other event. */
export function findFirstReceivedAt(file: EventFile, eventId: string): number | null {
  return (
    file.db
      .query<{ at: number }, [string]>(
        "SELECT first_received_at AS at FROM released_events WHERE event_id = ?",
      )
      .get(eventId)?.at ?? null
  );
}

/** Stores why each request is still rejected; `reasons` has pairs of id and reason. */
export function setReasons(file: EventFile, reasons: readonly (readonly [string, string])[]): void {
  const update = file.db.query<unknown, [string, string]>(
    "UPDATE rejected_requests SET reason = ?2 WHERE id = ?1",
  );
  for (const [id, reason] of reasons) update.run(id, reason);
}

/** Deletes the requests; returns how many existed. */
export function deleteRejected(file: EventFile, ids: readonly string[]): number {
  return ids.filter((id) => deleteOne(file, id) !== null).length;
}

/**
 * Deletes up to `limit` of the requests received before a time (null for all), the oldest first; returns how many.
 */
export function pruneRejected(
  file: EventFile,
  { before, limit }: Readonly<{ before: number | null; limit: number }>,
): number {
  const below = before === null ? "~" : firstIdAt(before);
  const rows = file.db
    .query<{ id: string }, [string, number]>(
      "SELECT id FROM rejected_requests WHERE id < ? ORDER BY id LIMIT ?",
    )
    .all(below, limit);
  return deleteRejected(
    file,
    rows.map(({ id }) => id),
  );
}

function toSummary(row: SummaryRow): RejectedSummary {
  return {
    id: row.id,
    entrypointId: row.entrypoint_id,
    receivedAt: row.received_at,
    method: row.method,
    pathTail: row.path_tail,
    query: row.query,
    contentType: row.content_type,
    remoteAddress: row.remote_address,
    reason: row.reason,
    bodySize: row.body_size,
  };
}

function toRequest(row: Row): RejectedRequest {
  const headers: HeaderPairs = JSON.parse(row.headers);
  return { ...toSummary(row), headers, sealedSecret: row.sealed_secret, body: row.body };
}
