/** Bounds the requests that a stranger can make the gateway send, without letting one stranger use up all of them. */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../lib/clock.ts";

const MINUTE_MS = 60_000;
/** In a minute: for one address that asks, for one entrypoint, and for all together. */
const LIMITS = { address: 3, entrypoint: 30, all: 120 } as const;
const MOST_ADDRESSES = 2_000;

type Count = { since: number; used: number };

export type FetchBudget = Readonly<{
  /** Of one entrypoint: whether one request more may be sent because of a request from that address. */
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
