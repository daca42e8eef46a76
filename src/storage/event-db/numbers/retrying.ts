/** Counts deliveries that are retrying: pending, and attempted since they were created or last replayed. */
import { HAD_ATTEMPT, inState } from "../event-filter.ts";
import type { ReadableFile } from "../event-summary.ts";

export type RetryingCount = Readonly<{
  count: number;
  /** False if there may be more: too many deliveries are pending to look at each. */
  isExact: boolean;
}>;

/** Deliveries that are retrying and counted one by one, well under 1 ms on the event loop: no tally has the number. */
const MOST_COUNTED = 2_000;
/** Pending deliveries read for all targets where more are retrying, about 1 ms. */
const MOST_READ = 200;
/** Pending deliveries read of each target, however many there are. */
const LEAST_READ = 4;

/** By target id; targets without pending deliveries are missing. */
export function countRetrying(file: ReadableFile): ReadonlyMap<string, RetryingCount> {
  const targets = file.db
    .query<{ target_id: string }, []>("SELECT target_id FROM target_tallies WHERE pending > 0")
    .all()
    .map(({ target_id }) => target_id);
  const counts = countAll(file);
  if (counts === null) return countLatest(file, targets);
  return new Map(targets.map((id) => [id, { count: counts.get(id) ?? 0, isExact: true }]));
}

/** Null if there are too many. */
function countAll(file: ReadableFile): ReadonlyMap<string, number> | null {
  const rows = file.db
    .query<{ target_id: string; count: number }, [limit: number]>(
      `SELECT target_id, count(*) AS count FROM
         (SELECT target_id FROM deliveries INDEXED BY deliveries_retrying WHERE ${inState("retrying")} LIMIT ?)
       GROUP BY target_id`,
    )
    .all(MOST_COUNTED + 1);
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  return total > MOST_COUNTED ? null : new Map(rows.map(({ target_id, count }) => [target_id, count]));
}

/** Reads the latest due times first, as only a delivery between two attempts is due later than now. */
function countLatest(file: ReadableFile, targets: readonly string[]): ReadonlyMap<string, RetryingCount> {
  const limit = Math.max(LEAST_READ, Math.floor(MOST_READ / Math.max(1, targets.length)));
  const latest = file.db.query<{ count: number; looked: number }, [targetId: string, limit: number]>(
    `SELECT total(${HAD_ATTEMPT}) AS count, count(*) AS looked FROM
       (SELECT attempts, attempts_at_replay FROM deliveries INDEXED BY deliveries_due
         WHERE target_id = ? AND status = 'pending' ORDER BY next_attempt_at DESC LIMIT ?)`,
  );
  return new Map(
    targets.map((id) => {
      const { count = 0, looked = 0 } = latest.get(id, limit) ?? {};
      return [id, { count, isExact: looked < limit }];
    }),
  );
}
