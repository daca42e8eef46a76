/** Finds the event file that has an event, or the event of a delivery, among many, within a time limit. */
import type { Database } from "bun:sqlite";
import { statSync } from "node:fs";
import { DAY_MS } from "../../lib/clock.ts";
import { firstIdAt, timeOfId } from "../../lib/ids.ts";
import { openForReading } from "../sqlite/reading-database.ts";

export type EventToLocate = Readonly<{
  /** Event files, the likeliest first. */
  paths: readonly string[];
  /** Id of an event or of a delivery. */
  id: string;
  limitMs: number;
}>;

export type LocatedEvent = Readonly<{
  found: Readonly<{ path: string; eventId: string }> | null;
  /** False if the time was up before all files were looked into. */
  isWhole: boolean;
}>;

/** Clocks may have been set back since the id was made. */
const CLOCK_MARGIN_MS = DAY_MS;
/** Deliveries compared in one file: most are made in the moment in which their event is received. */
const MOST_DELIVERIES = 20_000;

const DELIVERY = `SELECT event_id AS id FROM
    (SELECT id, event_id FROM deliveries WHERE event_id < ? ORDER BY event_id DESC LIMIT ${MOST_DELIVERIES})
  WHERE id = ?`;

/** Runs in a Worker: each file takes about 0.5 ms. */
export function locateEvent({ paths, id, limitMs }: EventToLocate): LocatedEvent {
  const until = performance.now() + limitMs;
  const at = timeOfId(id);
  for (const path of paths) {
    if (performance.now() > until) return { found: null, isWhole: false };
    if (lastWrittenAt(path) < at - CLOCK_MARGIN_MS) continue;
    const eventId = findIn(path, id);
    if (eventId !== null) return { found: { path, eventId }, isWhole: true };
  }
  return { found: null, isWhole: true };
}

/** A file that was not written since an event's time cannot contain it. */
function lastWrittenAt(path: string): number {
  return Math.max(...[path, `${path}-wal`].map(modifiedAt));
}

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function findIn(path: string, id: string): string | null {
  let db: Database | null = null;
  try {
    db = openForReading(path);
    const event = db.query<{ id: string }, [string]>("SELECT id FROM events WHERE id = ?").get(id);
    if (event !== null) return event.id;
    const newest = firstIdAt(timeOfId(id) + 1);
    return db.query<{ id: string }, [string, string]>(DELIVERY).get(newest, id)?.id ?? null;
  } catch {
    // A file that cannot be read has nothing to show; its own page says why.
    return null;
  } finally {
    db?.close();
  }
}
