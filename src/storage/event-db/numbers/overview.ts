/** Numbers for the dashboard's lists, read from the tallies: a few rows, however many events there are. */
import { HOUR_MS } from "../../../lib/clock.ts";
import { sizeOf, walBytesOf } from "../../sqlite/file-size.ts";
import type { EventFile } from "../event-file.ts";
import type { ReadableFile } from "../event-summary.ts";
import type { DeliveryCounts } from "../types.ts";

const HOURS_SHOWN = 24;

export type HourTally = Readonly<{
  /** Start of the hour. */
  at: number;
  received: number;
  /** Failed attempts. */
  failed: number;
}>;

export type Overview = Readonly<{
  /** The last 24 hours, oldest first, ending with the present hour. */
  hours: readonly HourTally[];
  lastEventAt: number | null;
  counts: DeliveryCounts;
  fileBytes: number;
}>;

export type TargetOverview = Readonly<{
  counts: DeliveryCounts;
  /** Stored events that its filter did not want. */
  filtered: number;
  lastResult: Readonly<{
    at: number;
    delivered: boolean;
    statusCode: number | null;
    error: string | null;
  }> | null;
}>;

type CountsRow = { pending: number; delivered: number; failed: number; held: number; discarded: number };
type TargetRow = CountsRow & {
  target_id: string;
  filtered: number;
  filtered_deleted: number;
  last_result_at: number | null;
  last_delivered: number | null;
  last_status_code: number | null;
  last_error: string | null;
};

export function readOverview(file: EventFile, now: number): Overview {
  return {
    hours: readHours(file, now),
    lastEventAt: readLastEventAt(file),
    counts: readCounts(file),
    fileBytes: sizeOf(file.path) + walBytesOf(file.path),
  };
}

/** Sums over all targets. */
export function readCounts({ db }: ReadableFile): DeliveryCounts {
  const counts = db
    .query<CountsRow, []>(
      `SELECT coalesce(sum(pending), 0) AS pending, coalesce(sum(delivered), 0) AS delivered,
         coalesce(sum(failed), 0) AS failed, coalesce(sum(held), 0) AS held, coalesce(sum(discarded), 0) AS discarded
         FROM target_tallies`,
    )
    .get();
  return counts ?? { pending: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };
}

export function readLastEventAt({ db }: ReadableFile): number | null {
  const last = db
    .query<{ at: number | null }, []>("SELECT max(last_event_at) AS at FROM entrypoint_tallies")
    .get();
  return last?.at ?? null;
}

export function readHours(file: ReadableFile, now: number): readonly HourTally[] {
  const first = now - (now % HOUR_MS) - (HOURS_SHOWN - 1) * HOUR_MS;
  const rows = file.db
    .query<{ hour: number; received: number; failed: number }, [number]>(
      "SELECT hour, sum(received) AS received, sum(failed) AS failed FROM hourly_tallies WHERE hour >= ? GROUP BY hour",
    )
    .all(first);
  const byHour = new Map(rows.map((row) => [row.hour, row]));
  return Array.from({ length: HOURS_SHOWN }, (_, index) => {
    const at = first + index * HOUR_MS;
    const row = byHour.get(at);
    return { at, received: row?.received ?? 0, failed: row?.failed ?? 0 };
  });
}

export function readTargetOverviews(file: ReadableFile): ReadonlyMap<string, TargetOverview> {
  const rows = file.db.query<TargetRow, []>("SELECT * FROM target_tallies").all();
  return new Map(
    rows.map(
      ({ target_id, pending, delivered, failed, held, discarded, filtered, filtered_deleted, ...last }) => [
        target_id,
        {
          counts: { pending, delivered, failed, held, discarded },
          filtered: filtered - filtered_deleted,
          lastResult:
            last.last_result_at === null
              ? null
              : {
                  at: last.last_result_at,
                  delivered: last.last_delivered === 1,
                  statusCode: last.last_status_code,
                  error: last.last_error,
                },
        },
      ],
    ),
  );
}

/** The time at which each entrypoint received its last event. */
export function readEntrypointLastEvents(file: EventFile): ReadonlyMap<string, number> {
  const rows = file.db
    .query<{ entrypoint_id: string; last_event_at: number }, []>(
      "SELECT entrypoint_id, last_event_at FROM entrypoint_tallies",
    )
    .all();
  return new Map(rows.map((row) => [row.entrypoint_id, row.last_event_at]));
}

/** Number of stored events. */
export function countEvents(file: EventFile): number {
  const row = file.db
    .query<{ n: number | null }, []>("SELECT sum(events) AS n FROM entrypoint_tallies")
    .get();
  return row?.n ?? 0;
}
