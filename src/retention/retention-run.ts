/** One webhook's retention from beginning to end, in small steps with rests between. */
import { type Clock, DAY_MS, HOUR_MS } from "../lib/clock.ts";
import { timeOfId } from "../lib/ids.ts";
import type { PruneRule } from "../storage/event-db/prune.ts";
import type { RetentionStore } from "../storage/stores/retention-store.ts";

/** Undelivered events are kept this many times as long, so that a target's long outage loses nothing. */
const UNDELIVERED_FACTOR = 2;
/**
 * Time for which changed events are left alone: a replay gets its attempts, and a final state can be seen before its
 * event is deleted.
 */
const REST_MS = DAY_MS;
/** More than a year of hours, so that a month can be compared with the same month of the year before. */
export const HOURS_KEPT_MS = 400 * DAY_MS;
/** Delay before events that could not be deleted yet are looked at again. */
const LEFT_AGAIN_MS = 6 * HOUR_MS;
/** Limit of a rest: a step's duration may include waiting for a WAL restart, which needs no rest of that length. */
const LONGEST_REST_MS = 50;

export type RetentionLimits = Readonly<{ days: number; bytes: number | null }>;

export type RunReport = Readonly<{
  deletedEvents: number;
  deletedBytes: number;
  discardedDeliveries: number;
  /** The file exceeds its limit, and nothing more may be deleted. */
  isOverLimit: boolean;
  /** When the next event is old enough: wall clock, Infinity for never; null if ages were not checked. */
  dueAt: number | null;
}>;

type FileSize = Readonly<{ usedBytes: number; mostBytes: number }>;

type Run = Readonly<{ webhookId: string; limits: RetentionLimits }>;

type RetentionRuns = Readonly<{
  /** Deletes by age, and by size if the file has a limit. */
  full: (run: Run) => Promise<RunReport>;
  /** Deletes by size alone. */
  bySize: (run: Run) => Promise<RunReport>;
}>;

export function createRetentionRuns(deps: {
  store: RetentionStore;
  clock: Clock;
  /** If true, the rest is left to a later run. */
  isInterrupted: (webhookId: string) => boolean;
  /** Lets others run for a while. */
  rest: (ms: number) => Promise<void>;
}): RetentionRuns {
  const { store, clock, isInterrupted, rest } = deps;

  /** Rests as long as the step took: the retention gets at most half of the event loop, and far less under load. */
  async function step<T>(run: () => Promise<T>): Promise<T> {
    const since = clock.monotonic();
    const result = await run();
    await rest(Math.min(clock.monotonic() - since, LONGEST_REST_MS));
    return result;
  }

  /** With `size`, stops as soon as the file is small enough. */
  async function prune(run: {
    webhookId: string;
    rule: Omit<PruneRule, "enoughBytes">;
    size: FileSize | null;
  }) {
    const { webhookId, rule, size } = run;
    const sum = { deletedEvents: 0, deletedBytes: 0, discardedDeliveries: 0, leftEvents: 0 };
    let usedBytes = size?.usedBytes ?? 0;
    for (let after: string | null = ""; after !== null && !isInterrupted(webhookId); ) {
      const from: string = after;
      const enoughBytes = size ? usedBytes - size.mostBytes : null;
      const done = await step(() => store.prune(webhookId, from, { ...rule, enoughBytes }));
      sum.deletedEvents += done.deletedEvents;
      sum.deletedBytes += done.deletedBytes;
      sum.discardedDeliveries += done.discardedDeliveries;
      sum.leftEvents += done.leftEvents;
      usedBytes = done.usedBytes;
      after = size && usedBytes <= size.mostBytes ? null : done.next;
    }
    return { ...sum, usedBytes };
  }

  async function pruneBySize(webhookId: string, mostBytes: number): Promise<RunReport> {
    let { usedBytes } = await store.measure(webhookId);
    // Rejected requests go first: strangers' requests must not push events out.
    for (let deleted = -1; usedBytes > mostBytes && deleted !== 0 && !isInterrupted(webhookId); ) {
      ({ deleted, usedBytes } = await step(() => store.pruneRejected(webhookId, null)));
    }
    if (usedBytes <= mostBytes) return NOTHING;
    const rule = {
      finishedBefore: null,
      restingSince: null,
      // No delivery is discarded to save space.
      undeliveredBefore: null,
      reason: "",
      now: clock.now(),
    };
    const done = await prune({ webhookId, rule, size: { usedBytes, mostBytes } });
    return { ...done, isOverLimit: done.usedBytes > mostBytes, dueAt: null };
  }

  async function pruneRejected(webhookId: string, before: number): Promise<void> {
    for (let deleted = -1; deleted !== 0 && !isInterrupted(webhookId); ) {
      ({ deleted } = await step(() => store.pruneRejected(webhookId, before)));
    }
  }

  async function giveSpaceBack(webhookId: string): Promise<void> {
    let { isLoose } = await store.measure(webhookId);
    while (isLoose && !isInterrupted(webhookId)) ({ isLoose } = await step(() => store.vacuum(webhookId)));
  }

  async function pruneHours(webhookId: string): Promise<number> {
    const before = clock.now() - HOURS_KEPT_MS;
    for (;;) {
      const oldest = await step(() => store.pruneHours(webhookId, before));
      if (oldest === null) return Number.POSITIVE_INFINITY;
      if (oldest >= before || isInterrupted(webhookId)) return oldest + HOURS_KEPT_MS;
    }
  }

  return {
    async full({ webhookId, limits: { days, bytes } }) {
      const now = clock.now();
      const keptMs = days * DAY_MS;
      const rule = {
        finishedBefore: now - keptMs,
        undeliveredBefore: now - UNDELIVERED_FACTOR * keptMs,
        restingSince: now - REST_MS,
        reason: discardReason(days),
        now,
      };
      const byAge = await prune({ webhookId, rule, size: null });
      await pruneRejected(webhookId, rule.finishedBefore);
      const bySize = bytes === null ? NOTHING : await pruneBySize(webhookId, bytes);
      const hoursDueAt = await pruneHours(webhookId);
      await giveSpaceBack(webhookId);
      const next = await store.oldestEventFrom(webhookId, rule.finishedBefore);
      return {
        deletedEvents: byAge.deletedEvents + bySize.deletedEvents,
        deletedBytes: byAge.deletedBytes + bySize.deletedBytes,
        discardedDeliveries: byAge.discardedDeliveries,
        isOverLimit: bySize.isOverLimit,
        dueAt: Math.min(
          next === null ? Number.POSITIVE_INFINITY : timeOfId(next) + keptMs,
          byAge.leftEvents > 0 ? now + LEFT_AGAIN_MS : Number.POSITIVE_INFINITY,
          hoursDueAt,
        ),
      };
    },
    async bySize({ webhookId, limits: { bytes } }) {
      if (bytes === null) return NOTHING;
      const done = await pruneBySize(webhookId, bytes);
      if (done.deletedEvents > 0) await giveSpaceBack(webhookId);
      return done;
    },
  };
}

const NOTHING = {
  deletedEvents: 0,
  deletedBytes: 0,
  discardedDeliveries: 0,
  isOverLimit: false,
  dueAt: null,
} as const;

function discardReason(days: number): string {
  const kept = days === 1 ? "1 day" : `${days} days`;
  return `Not delivered within twice the retention of ${kept}.`;
}
