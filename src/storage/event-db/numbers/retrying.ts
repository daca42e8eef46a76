/** Counts deliveries that are retrying: pending, and attempted since they were created or last replayed. */
import { HAD_ATTEMPT } from "../event-filter.ts";
import type { ReadableFile } from "../event-summary.ts";

export type RetryingCount = Readonly<{
  count: number;
  /** False if there may be more: too many deliveries are pending to look at each. */
  isExact: boolean;
}>;

/** Pending deliveries read for all targets, about 1 ms on the event loop: no tally has the number. */
const MOST_READ = 200;
/** Of each target, however many there are. */
const LEAST_READ = 4;

/**
 * By target id; targets without pending deliveries are missing. The latest due times are read first, as only a
 * delivery between two attempts is due later than now.
 */
export function countRetrying(file: ReadableFile): ReadonlyMap<string, RetryingCount> {
  const targets = file.db
    .query<{ target_id: string }, []>("SELECT target_id FROM target_tallies WHERE pending > 0")
    .all();
  const limit = Math.max(LEAST_READ, Math.floor(MOST_READ / Math.max(1, targets.length)));
  const latest = file.db.query<{ count: number; looked: number }, [targetId: string, limit: number]>(
    `SELECT total(${HAD_ATTEMPT}) AS count, count(*) AS looked FROM
       (SELECT attempts, attempts_at_replay FROM deliveries INDEXED BY deliveries_due
         WHERE target_id = ? AND status = 'pending' ORDER BY next_attempt_at DESC LIMIT ?)`,
  );
  return new Map(
    targets.map(({ target_id }) => {
      const { count = 0, looked = 0 } = latest.get(target_id, limit) ?? {};
      return [target_id, { count, isExact: looked < limit }];
    }),
  );
}
