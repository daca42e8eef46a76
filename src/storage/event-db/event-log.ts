/** Reads one event with its deliveries and results, for people and programs, and notes which events a user sent. */
import { and, asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { EventFile } from "./event-file.ts";
import { type DeliveryState, HAD_ATTEMPT } from "./event-filter.ts";
import type { ReadableFile } from "./event-summary.ts";
import { deliveries, deliveryResults, events } from "./tables.ts";
import type { Delivery, StoredEvent } from "./types.ts";

/** A delivery without its responses. */
export type DeliveryHead = Readonly<{
  targetId: string;
  state: DeliveryState;
  attempts: number;
  reason: string | null;
  last: Readonly<{ startedAt: number; statusCode: number | null; error: string | null }> | null;
}>;

export function findEvent(file: EventFile, eventId: string): StoredEvent | null {
  return drizzle(file.db).select(eventColumns).from(events).where(eq(events.id, eventId)).get() ?? null;
}

/** The event's deliveries, or that to one target, each with all its attempts in order. */
export function listDeliveries(file: EventFile, eventId: string, targetId?: string): readonly Delivery[] {
  const db = drizzle(file.db);
  const ofTarget = targetId === undefined ? undefined : eq(deliveries.targetId, targetId);
  const rows = db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.eventId, eventId), ofTarget))
    .orderBy(asc(deliveries.createdAt))
    .all();
  const results = db
    .select()
    .from(deliveryResults)
    .where(
      and(
        eq(deliveryResults.eventId, eventId),
        targetId === undefined ? undefined : eq(deliveryResults.targetId, targetId),
      ),
    )
    .orderBy(asc(deliveryResults.attempt))
    .all();
  return rows.map(({ replays: _replays, attemptsAtReplay, ...row }) => ({
    ...row,
    attemptsSinceReplay: row.attempts - attemptsAtReplay,
    results: results
      .filter((result) => result.targetId === row.targetId)
      .map(({ eventId: _e, targetId: _t, ...result }) => result),
  }));
}

const HEADS = `SELECT d.target_id, iif(d.status = 'pending' AND ${HAD_ATTEMPT}, 'retrying', d.status) AS state,
    d.attempts, d.reason, r.started_at, r.status_code, r.error
  FROM deliveries d LEFT JOIN delivery_results r
    ON r.event_id = d.event_id AND r.target_id = d.target_id AND r.attempt = d.attempts
  WHERE d.event_id = ? ORDER BY d.created_at`;

type HeadRow = {
  target_id: string;
  state: DeliveryState;
  attempts: number;
  reason: string | null;
  started_at: number | null;
  status_code: number | null;
  error: string | null;
};

/** The event's deliveries with their last attempts only: a few columns, however many there are. */
export function listDeliveryHeads({ db }: ReadableFile, eventId: string): readonly DeliveryHead[] {
  return db
    .query<HeadRow, [string]>(HEADS)
    .all(eventId)
    .map((row) => ({
      targetId: row.target_id,
      state: row.state,
      attempts: row.attempts,
      reason: row.reason,
      last:
        row.started_at === null
          ? null
          : { startedAt: row.started_at, statusCode: row.status_code, error: row.error },
    }));
}

const eventColumns = {
  id: events.id,
  entrypointId: events.entrypointId,
  receivedAt: events.receivedAt,
  method: events.method,
  pathTail: events.pathTail,
  query: events.query,
  headers: events.headers,
  contentType: events.contentType,
  remoteAddress: events.remoteAddress,
  type: events.type,
  bodySize: events.bodySize,
  body: events.body,
};

export type EventOrigin = Readonly<{
  /** Id of the user. */
  sentBy: string;
  /** The event that it is an edited copy of; it may be gone. */
  copyOf: string | null;
}>;

/** In a transaction of its own after the event's: whatever ends the process in between leaves an event without a note. */
export function noteOrigin(file: EventFile, origin: EventOrigin & Readonly<{ eventId: string }>): void {
  const { eventId, sentBy, copyOf } = origin;
  file.db
    .query<unknown, [string, string | null, string]>(
      "UPDATE events SET sent_by = ?, copy_of = ? WHERE id = ?",
    )
    .run(sentBy, copyOf, eventId);
}

/** Null for an event that came from a sender. */
export function readOrigin(file: Pick<EventFile, "db">, eventId: string): EventOrigin | null {
  const row = file.db
    .query<{ sent_by: string | null; copy_of: string | null }, [string]>(
      "SELECT sent_by, copy_of FROM events WHERE id = ?",
    )
    .get(eventId);
  return row?.sent_by == null ? null : { sentBy: row.sent_by, copyOf: row.copy_of };
}
