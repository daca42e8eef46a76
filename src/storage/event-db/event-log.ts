/** Reads a webhook's events, deliveries and results for people and programs. */
import { and, asc, desc, eq, inArray, lt } from "drizzle-orm";
import { drizzle } from "drizzle-orm/bun-sqlite";
import { AppError } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import type { EventFile } from "./event-file.ts";
import { deliveries, deliveryResults, events } from "./tables.ts";
import type { Delivery, DeliveryStatus, EventSummary, StoredEvent } from "./types.ts";

const NO_DELIVERIES = { pending: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };

export type EventPage = Readonly<{ events: readonly EventSummary[]; nextCursor: string | null }>;

/** Newest first. The cursor is the last event's id, so a page costs the same at any depth. */
export function listEvents(file: EventFile, options: { limit: number; cursor: string | null }): EventPage {
  const { limit, cursor } = options;
  if (cursor !== null && !isId(cursor)) {
    throw new AppError({
      kind: "invalid",
      code: "invalid_cursor",
      message: "The cursor is not one that this list returned.",
    });
  }
  const db = drizzle(file.db);
  const { headers: _headers, body: _body, ...columns } = eventColumns;
  const rows = db
    .select(columns)
    .from(events)
    .where(cursor === null ? undefined : lt(events.id, cursor))
    .orderBy(desc(events.id))
    .limit(limit + 1)
    .all();
  const page = rows.slice(0, limit);
  const counts = countDeliveries(
    file,
    page.map((row) => row.id),
  );
  return {
    events: page.map((row) => ({ ...row, deliveries: counts.get(row.id) ?? NO_DELIVERIES })),
    nextCursor: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
}

export function findEvent(file: EventFile, eventId: string): StoredEvent | null {
  return drizzle(file.db).select(eventColumns).from(events).where(eq(events.id, eventId)).get() ?? null;
}

/** The event's deliveries, each with every try in order. */
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
  return rows.map(({ replays: _replays, attemptsAtReplay: _attemptsAtReplay, ...row }) => ({
    ...row,
    results: results
      .filter((result) => result.targetId === row.targetId)
      .map(({ eventId: _e, targetId: _t, ...result }) => result),
  }));
}

function countDeliveries(
  file: EventFile,
  eventIds: readonly string[],
): Map<string, Record<DeliveryStatus, number>> {
  const counts = new Map<string, Record<DeliveryStatus, number>>();
  if (eventIds.length === 0) return counts;
  const rows = drizzle(file.db)
    .select({ eventId: deliveries.eventId, status: deliveries.status })
    .from(deliveries)
    .where(and(inArray(deliveries.eventId, [...eventIds])))
    .all();
  for (const row of rows) {
    const count = counts.get(row.eventId) ?? { ...NO_DELIVERIES };
    count[row.status]++;
    counts.set(row.eventId, count);
  }
  return counts;
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
  bodySize: events.bodySize,
  body: events.body,
};
