/** Finds due deliveries in an event file; each call is a few index steps. */
import { timeOfId } from "../../../lib/ids.ts";
import type { RecentEvents } from "../../stores/recent-events.ts";
import type { EventFile } from "../event-file.ts";
import type { DueDelivery, HeaderPairs, StoredEvent } from "../types.ts";
import type { DueRow, EventRow } from "./delivery-statements.ts";

export type Claim = Readonly<{
  targetId: string;
  now: number;
  beyond: number;
  limit: number;
  inFlight: ReadonlyMap<string, unknown>;
  /** The end of the last claim, if that claim was full. */
  front: ClaimFront | null;
}>;

/**
 * A position in the due order. Nearly all deliveries in flight were due before the next claim's, so reading can begin
 * here.
 */
export type ClaimFront = Readonly<{
  dueAt: number;
  /** Number of claimed deliveries that were due at exactly this time. */
  count: number;
}>;

export type PendingState = Readonly<{ attempts: number; replays: number }>;

type FindEvent = (eventId: string) => StoredEvent | null;

/** Claims due deliveries. `recent` may return an event without reading it from the file. */
export function claimDue(file: EventFile, claim: Claim, recent: RecentEvents): readonly DueDelivery[] {
  const find = eventFinder(file, recent);
  const { targetId, now, beyond, limit, front, inFlight } = claim;
  const known = file.knownDue.at(targetId, claim);
  if (known !== null) return claimAmong(known, claim, find);
  const { due } = file.deliveries;
  if (front !== null) {
    const next = claimAmong(due.all(targetId, front.dueAt - 1, now, limit + front.count), claim, find);
    if (next.length === limit) return next;
  }
  // Deliveries in flight are still pending in the file and come first, so they are read past.
  const most = limit + inFlight.size;
  const rows = due.all(targetId, -1, now, most);
  const claimed = claimAmong(rows, claim, find);
  if (claimed.length === 0) {
    const late = claimAmong(due.all(targetId, beyond, Number.MAX_SAFE_INTEGER, most), claim, find);
    if (late.length > 0) return late;
  }
  if (rows.length < most) {
    const lastDueAt = file.deliveries.latest.get(targetId)?.at ?? null;
    file.knownDue.begin(targetId, { rows, now, nextDueAt: earliestDue(file, targetId, now), lastDueAt });
  }
  return claimed;
}

export function eventFinder(file: EventFile, recent: RecentEvents): FindEvent {
  return (eventId) => recent.find(file.webhookId, eventId) ?? readEvent(file, eventId);
}

export function claimAmong(rows: Iterable<DueRow>, claim: Claim, find: FindEvent): DueDelivery[] {
  const { targetId, limit, inFlight } = claim;
  const claimed: DueDelivery[] = [];
  for (const row of rows) {
    if (claimed.length === limit) break;
    // Later, but stored before the clock was set back: due only beyond `beyond`.
    const isLater = row.due_at > claim.now && row.due_at <= claim.beyond;
    if (isLater || inFlight.has(row.event_id)) continue;
    const event = find(row.event_id);
    if (!event) continue;
    claimed.push(toDueDelivery(targetId, row, event));
  }
  return claimed;
}

function toDueDelivery(targetId: string, row: DueRow, event: StoredEvent): DueDelivery {
  return {
    eventId: row.event_id,
    targetId,
    attempts: row.attempts,
    attemptsAtReplay: row.attempts_at_replay,
    replays: row.replays,
    dueAt: row.due_at,
    dueSince: row.due_since,
    event,
  };
}

/** Attempts and replays of a pending delivery, without its event; null if it is not pending. */
export function findPendingState(
  file: EventFile,
  { eventId, targetId }: Readonly<{ eventId: string; targetId: string }>,
): PendingState | null {
  const row = file.deliveries.pending.get(eventId, targetId);
  return row && { attempts: row.attempts, replays: row.replays };
}

/** A delivery that is pending and whose turn it is in its lane; null otherwise. */
export function findPendingDelivery(
  file: EventFile,
  { eventId, targetId }: Readonly<{ eventId: string; targetId: string }>,
  recent: RecentEvents,
): DueDelivery | null {
  const row = file.deliveries.pending.get(eventId, targetId);
  if (!row || row.due_at === null) return null;
  const event = eventFinder(file, recent)(eventId);
  return event && toDueDelivery(targetId, { ...row, due_at: row.due_at }, event);
}

/** The front after a claim; `before` is the front that the claim began with. */
export function frontAfter(claimed: readonly DueDelivery[], before: ClaimFront | null): ClaimFront | null {
  const dueAt = claimed.at(-1)?.dueAt;
  if (dueAt === undefined) return null;
  const count = claimed.filter((one) => one.dueAt === dueAt).length;
  return { dueAt, count: before?.dueAt === dueAt ? before.count + count : count };
}

export function earliestDue(file: EventFile, targetId: string, after: number): number | null {
  const known = file.knownDue.nextDueAt(targetId, after);
  return known === undefined ? (file.deliveries.earliest.get(targetId, after)?.at ?? null) : known;
}

/** One index step per target, however long its backlog. */
export function listPendingTargets(file: EventFile): readonly string[] {
  const targetIds: string[] = [];
  for (;;) {
    const next = file.deliveries.nextPendingTarget.get(targetIds.at(-1) ?? "");
    if (!next) return targetIds;
    targetIds.push(next.target_id);
  }
}

/** When the newest event was received, by the clock of that time; null if there is none. */
export function findNewestTime(file: EventFile): number | null {
  const newest = file.db.query<{ id: string | null }, []>("SELECT max(id) AS id FROM events").get();
  return newest?.id == null ? null : timeOfId(newest.id);
}

/** Moves the due times after `from`, about `limit` of them; returns where the next step begins, null after the last. */
export function shiftStep(
  file: EventFile,
  {
    targetId,
    from,
    deltaMs,
    limit,
  }: Readonly<{ targetId: string; from: number; deltaMs: number; limit: number }>,
): number | null {
  // Deliveries with the same due time as the last one move with it, so that the next step begins after them.
  const upTo = file.deliveries.nthDue.get(targetId, from, limit - 1)?.at ?? null;
  file.deliveries.shift.run(deltaMs, targetId, from, upTo ?? Number.MAX_SAFE_INTEGER);
  return upTo;
}

function readEvent(file: EventFile, eventId: string): StoredEvent | null {
  const row = file.deliveries.event.get(eventId);
  return row && toStoredEvent(row);
}

function toStoredEvent(row: EventRow): StoredEvent {
  return {
    id: row.id,
    entrypointId: row.entrypoint_id,
    receivedAt: row.received_at,
    method: row.method,
    pathTail: row.path_tail,
    query: row.query,
    headers: parseHeaders(row.headers),
    contentType: row.content_type,
    remoteAddress: row.remote_address,
    type: row.type,
    bodySize: row.body_size,
    body: row.body,
  };
}

/** We wrote the JSON ourselves as pairs of strings, so this path does not check it again. */
function parseHeaders(json: string): HeaderPairs {
  return JSON.parse(json);
}
