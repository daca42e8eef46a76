/** Size, age and growth of a webhook's file, read from tallies and the file's header. */
import { HOUR_MS } from "../../../lib/clock.ts";
import { timeOfId } from "../../../lib/ids.ts";
import { sizeOf, walBytesOf } from "../../sqlite/file-size.ts";
import type { EventFile } from "../event-file.ts";
import { measureSpace } from "./space.ts";

/** A week, so that quiet nights and Sundays count. */
const RECENT_MS = 7 * 24 * HOUR_MS;

export type Growth = Readonly<{
  /** Bytes of stored data, and size of the file with its WAL. */
  usedBytes: number;
  fileBytes: number;
  events: number;
  /** Deleted by the retention since the webhook was created. */
  deletedEvents: number;
  oldestEventAt: number | null;
  /** Size of the stored bodies; counts whole hours. */
  bodyBytes: number;
  /** Received within the last week, or since the first event if that is later. */
  recent: Readonly<{ ms: number; events: number; bodyBytes: number }>;
}>;

type EventsRow = { events: number; deleted: number };
type ReceivedRow = { since: number | null; events: number; bytes: number };

export function readGrowth(file: EventFile, now: number): Growth {
  const events = file.db
    .query<EventsRow, []>(
      "SELECT coalesce(sum(events), 0) AS events, coalesce(sum(deleted), 0) AS deleted FROM entrypoint_tallies",
    )
    .get();
  const oldest = oldestEventAt(file);
  const recent = receivedSince(file, now - RECENT_MS);
  return {
    usedBytes: measureSpace(file.db).usedBytes,
    fileBytes: sizeOf(file.path) + walBytesOf(file.path),
    events: events?.events ?? 0,
    deletedEvents: events?.deleted ?? 0,
    oldestEventAt: oldest,
    bodyBytes: oldest === null ? 0 : receivedSince(file, oldest - HOUR_MS).bytes,
    recent: {
      ms: Math.max(HOUR_MS, now - (recent.since ?? now)),
      events: recent.events,
      bodyBytes: recent.bytes,
    },
  };
}

/** When the oldest stored event was received; null if there is none. */
export function oldestEventAt(file: EventFile): number | null {
  const oldest = file.db.query<{ id: string | null }, []>("SELECT min(id) AS id FROM events").get();
  return oldest?.id ? timeOfId(oldest.id) : null;
}

function receivedSince(file: EventFile, from: number): ReceivedRow {
  const row = file.db
    .query<ReceivedRow, [number]>(
      `SELECT min(hour) AS since, coalesce(sum(received), 0) AS events, coalesce(sum(bytes), 0) AS bytes
        FROM hourly_tallies WHERE hour > ?`,
    )
    .get(from);
  return row ?? { since: null, events: 0, bytes: 0 };
}
