/**
 * Limits the requests that strangers can make the gateway send, so that one stranger cannot use up the limit of all.
 */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../lib/clock.ts";

const MINUTE_MS = 60_000;
/** Per minute: for one remote address, for one entrypoint, and in total. */
const LIMITS = { address: 3, entrypoint: 30, all: 120 } as const;
const MOST_ADDRESSES = 2_000;

type Count = { since: number; used: number };

type FetchBudget = Readonly<{
  /**
   * Opens the budget of one entrypoint. The function returns whether a request from that address may cause one more
   * fetch.
   */
  openFor: () => (remoteAddress: string) => boolean;
}>;

export function createFetchBudget(clock: Pick<Clock, "monotonic">): FetchBudget {
  const all: Count = { since: clock.monotonic(), used: 0 };

  function isLeft(count: Count, limit: number): boolean {
    const now = clock.monotonic();
    if (now - count.since >= MINUTE_MS) Object.assign(count, { since: now, used: 0 });
    return count.used < limit;
  }

  return {
    openFor() {
      const own: Count = { since: clock.monotonic(), used: 0 };
      const byAddress = new LRUCache<string, Count>({ max: MOST_ADDRESSES });
      return (remoteAddress) => {
        const known = byAddress.get(remoteAddress) ?? { since: clock.monotonic(), used: 0 };
        byAddress.set(remoteAddress, known);
        const counts = [
          [known, LIMITS.address],
          [own, LIMITS.entrypoint],
          [all, LIMITS.all],
        ] as const;
        if (!counts.every(([count, limit]) => isLeft(count, limit))) return false;
        for (const [count] of counts) count.used++;
        return true;
      };
    },
  };
}
