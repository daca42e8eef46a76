/**
 * Counts refused requests by entrypoint, hour and reason for a day, and notices entrypoints that refuse many in a row.
 * Kept in memory; the hours are written now and then.
 */
import { type Clock, HOUR_MS, MINUTE_MS } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import { every } from "../lib/every.ts";
import type { Logger } from "../observability/log.ts";
import type { HourOfRefusals, RefusalQueries, RefusalReason } from "../storage/main-db/refusals.ts";
import { createChangeSignal } from "../storage/stores/change-signal.ts";

/** A row of refusals is a problem once it has so many and lasts so long: a scan of a minute is none. */
const MANY = 20;
const LONG_MS = 5 * MINUTE_MS;
const KEPT_HOURS = 24;
/** At most what this time brings is missing after a crash. */
const WRITE_EVERY_MS = MINUTE_MS;

const REASONS: Readonly<Partial<Record<AppError["kind"], RefusalReason>>> = {
  unauthenticated: "verification",
  method_not_allowed: "method",
  forbidden: "network",
  too_large: "size",
  rate_limited: "rate",
};

export const REFUSAL_WORDS: Readonly<Record<RefusalReason, string>> = {
  verification: "failed verification",
  method: "had a method that is not accepted",
  network: "came from an address that is not allowed",
  size: "were too large",
  rate: "exceeded the rate limit",
};

type OfEntrypoint = Readonly<{ webhookId: string; entrypointId: string }>;

export type RefusalTally = Readonly<{
  /** Counts the request if the error refuses it; not what failed on the gateway's side. Cheap. */
  refused: (of: OfEntrypoint, error: unknown) => void;
  /** Ends a row of refusals. Nearly free, as it is called for every event. */
  accepted: (entrypointId: string) => void;
  /** Refused requests of the last day, by reason. */
  lastDay: (entrypointId: string) => ReadonlyMap<RefusalReason, number>;
  /** Calls `listener` after requests to the webhook were refused. The returned function unsubscribes. */
  onRefused: (webhookId: string, listener: () => void) => () => void;
  /** Reads again what is stored: a follower of a cluster that leads from now on has not counted. */
  start: () => void;
  stop: () => void;
}>;

type Row = { count: number; since: number; byReason: Map<RefusalReason, number> };
/** By the start of the hour. */
type Hours = Map<number, Map<RefusalReason, number>>;
/** Bounded by the number of entrypoints that exist. */
type Known = { hours: Hours; row: Row | null; isDirty: boolean };

export function createRefusalTally(deps: {
  queries: Pick<RefusalQueries, "list" | "store">;
  clock: Clock;
  log: Logger;
  onRefusing: (of: OfEntrypoint & Readonly<{ reason: string }>) => void;
  onAccepted: (of: Readonly<{ entrypointId: string }>) => void;
  /** The entrypoints that were refusing when the gateway stopped. */
  listRefusing: () => readonly string[];
  /** False at a follower of a cluster, which may write nothing: what it refuses and accepts is not counted. */
  mayWrite: () => boolean;
}): RefusalTally {
  const { queries, clock, log, onRefusing, onAccepted, mayWrite } = deps;
  const known = new Map<string, Known>();
  const changes = createChangeSignal();
  let isDirty = false;

  load();
  const stopWriting = every(clock, WRITE_EVERY_MS, write);

  function load(): void {
    known.clear();
    for (const { entrypointId, hour, reason, requests } of queries.list()) {
      hourOf(find(entrypointId), hour).set(reason, requests);
    }
    for (const entrypointId of deps.listRefusing()) find(entrypointId).row = newRow();
  }

  function find(entrypointId: string): Known {
    const of = known.get(entrypointId) ?? { hours: new Map(), row: null, isDirty: false };
    known.set(entrypointId, of);
    return of;
  }

  function newRow(): Row {
    return { count: 0, since: clock.now(), byReason: new Map() };
  }

  function firstHour(): number {
    const now = clock.now();
    return now - (now % HOUR_MS) - (KEPT_HOURS - 1) * HOUR_MS;
  }

  function write(): void {
    const from = firstHour();
    const hours: HourOfRefusals[] = [];
    for (const [entrypointId, of] of known) {
      for (const hour of of.hours.keys()) if (hour < from) of.hours.delete(hour);
      if (of.isDirty) hours.push(...rowsOf(entrypointId, of.hours));
      of.isDirty = false;
      if (of.hours.size === 0 && of.row === null) known.delete(entrypointId);
    }
    if (!isDirty) return;
    isDirty = false;
    try {
      queries.store(hours, from);
    } catch (error) {
      log.warn("the numbers of refused requests could not be stored", { cause: errorMessage(error) });
    }
  }

  return {
    refused({ webhookId, entrypointId }, error) {
      const reason = error instanceof AppError ? REASONS[error.kind] : undefined;
      if (reason === undefined || !mayWrite()) return;
      const of = find(entrypointId);
      const now = clock.now();
      add(hourOf(of, now - (now % HOUR_MS)), reason);
      of.isDirty = true;
      isDirty = true;
      changes.announce(webhookId);
      of.row ??= newRow();
      of.row.count++;
      add(of.row.byReason, reason);
      if (of.row.count < MANY || now - of.row.since < LONG_MS) return;
      onRefusing({ webhookId, entrypointId, reason: describe(of.row) });
    },
    accepted(entrypointId) {
      const of = known.get(entrypointId);
      if (of === undefined || of.row === null || !mayWrite()) return;
      of.row = null;
      onAccepted({ entrypointId });
    },
    lastDay(entrypointId) {
      const sum = new Map<RefusalReason, number>();
      const from = firstHour();
      for (const [hour, byReason] of known.get(entrypointId)?.hours ?? []) {
        if (hour >= from) for (const [reason, n] of byReason) sum.set(reason, (sum.get(reason) ?? 0) + n);
      }
      return sum;
    },
    onRefused: changes.listen,
    start() {
      write();
      load();
    },
    stop() {
      stopWriting();
      write();
    },
  };
}

function hourOf({ hours }: Pick<Known, "hours">, hour: number): Map<RefusalReason, number> {
  const byReason = hours.get(hour) ?? new Map<RefusalReason, number>();
  hours.set(hour, byReason);
  return byReason;
}

function add(counts: Map<RefusalReason, number>, reason: RefusalReason): void {
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}

function rowsOf(entrypointId: string, hours: Hours): HourOfRefusals[] {
  return [...hours].flatMap(([hour, byReason]) =>
    [...byReason].map(([reason, requests]) => ({ entrypointId, hour, reason, requests })),
  );
}

/** "20 requests in a row were refused, since 2026-…: 18 failed verification, 2 were too large." */
function describe({ count, since, byReason }: Row): string {
  const reasons = [...byReason].map(([reason, n]) => `${n} ${REFUSAL_WORDS[reason]}`).join(", ");
  return `${count} requests were refused since ${new Date(since).toISOString()} and none was accepted: ${reasons}.`;
}
