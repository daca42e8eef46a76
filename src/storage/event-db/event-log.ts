/** Reads one event with its deliveries and results, for people and programs, and notes which events a user sent. */
import { asc, eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import type { EventFile } from "./event-file.ts";
import { deliveries, deliveryResults, events } from "./tables.ts";
import type { Delivery, StoredEvent } from "./types.ts";

export function findEvent(file: EventFile, eventId: string): StoredEvent | null {
  return drizzle(file.db).select(eventColumns).from(events).where(eq(events.id, eventId)).get() ?? null;
}

/** The event's deliveries, each with all its attempts in order. */
export function listDeliveries(file: EventFile, eventId: string): readonly Delivery[] {
  const db = drizzle(file.db);
  const rows = db
    .select()
    .from(deliveries)
    .where(eq(deliveries.eventId, eventId))
    .orderBy(asc(deliveries.createdAt))
    .all();
  const results = db
    .select()
    .from(deliveryResults)
    .where(eq(deliveryResults.eventId, eventId))
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
