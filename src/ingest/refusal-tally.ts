/**
 * Counts refused requests by entrypoint, hour and reason for a day, and notices entrypoints that refuse many in a row.
 * Kept in memory; the hours are written now and then.
 */
import { type Clock, HOUR_MS, MINUTE_MS } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import { every } from "../lib/every.ts";
import type { Logger } from "../observability/log.ts";
import {
  type HourOfRefusals,
  REFUSAL_REASONS,
  type RefusalQueries,
  type RefusalReason,
} from "../storage/main-db/refusals.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import { createChangeSignal } from "../storage/stores/change-signal.ts";
import { addTo, RefusalGathering, type RefusalReport } from "./refusal-gathering.ts";

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
  size: "exceeded the size limit",
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
  /** Returns what this node gathered as a follower of a cluster, and forgets it. */
  takeReports: () => readonly RefusalReport[];
  /** Counts what followers gathered; at a follower it is gathered again. */
  addReports: (reports: readonly RefusalReport[]) => void;
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
  routing: Pick<Routing, "findRoute">;
  clock: Clock;
  log: Logger;
  onRefusing: (of: OfEntrypoint & Readonly<{ reason: string }>) => void;
  onAccepted: (of: Readonly<{ entrypointId: string }>) => void;
  /** The entrypoints that were refusing when the gateway stopped. */
  listRefusing: () => readonly string[];
  /** False at a follower of a cluster, which may write nothing. Called for every event. */
  isLeading: () => boolean;
}): RefusalTally {
  const { queries, clock, log, onRefusing, onAccepted, isLeading } = deps;
  const known = new Map<string, Known>();
  const gathering = new RefusalGathering();
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

  function count({ webhookId, entrypointId }: OfEntrypoint, refused: Readonly<Record<string, number>>): void {
    const of = find(entrypointId);
    const now = clock.now();
    of.row ??= newRow();
    for (const reason of REFUSAL_REASONS) {
      const requests = refused[reason] ?? 0;
      if (requests === 0) continue;
      addTo(hourOf(of, now - (now % HOUR_MS)), reason, requests);
      addTo(of.row.byReason, reason, requests);
      of.row.count += requests;
    }
    of.isDirty = true;
    isDirty = true;
    changes.announce(webhookId);
    if (of.row.count < MANY || now - of.row.since < LONG_MS) return;
    onRefusing({ webhookId, entrypointId, reason: describe(of.row) });
  }

  function endRow(entrypointId: string): void {
    const of = known.get(entrypointId);
    if (of === undefined || of.row === null) return;
    of.row = null;
    onAccepted({ entrypointId });
  }

  /** Which came last is not known: a new row begins where requests were accepted too. */
  function countReport({ entrypointId, refused, isAccepting }: RefusalReport): void {
    if (isAccepting) endRow(entrypointId);
    // Most reports say no more, and the leader would have to read the routes of all entrypoints in use.
    if (Object.keys(refused).length === 0) return;
    const webhookId = deps.routing.findRoute(entrypointId)?.webhookId;
    // The webhook may be deleted meanwhile.
    if (webhookId !== undefined) count({ webhookId, entrypointId }, refused);
  }

  return {
    refused({ webhookId, entrypointId }, error) {
      const reason = error instanceof AppError ? REASONS[error.kind] : undefined;
      if (reason === undefined) return;
      if (isLeading()) count({ webhookId, entrypointId }, { [reason]: 1 });
      else gathering.refused(entrypointId, reason);
    },
    accepted(entrypointId) {
      if (isLeading()) endRow(entrypointId);
      else gathering.accepted(entrypointId);
    },
    takeReports: () => gathering.take(),
    addReports(reports) {
      for (const report of reports) {
        if (isLeading()) countReport(report);
        else gathering.add(report);
      }
    },
    lastDay(entrypointId) {
      const sum = new Map<RefusalReason, number>();
      const from = firstHour();
      for (const [hour, byReason] of known.get(entrypointId)?.hours ?? []) {
        if (hour >= from) for (const [reason, n] of byReason) addTo(sum, reason, n);
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

function rowsOf(entrypointId: string, hours: Hours): HourOfRefusals[] {
  return [...hours].flatMap(([hour, byReason]) =>
    [...byReason].map(([reason, requests]) => ({ entrypointId, hour, reason, requests })),
  );
}

/** "20 requests in a row were refused, since 2026-…: 18 failed verification, 2 exceeded the size limit." */
function describe({ count, since, byReason }: Row): string {
  const reasons = [...byReason].map(([reason, n]) => `${n} ${REFUSAL_WORDS[reason]}`).join(", ");
  return `${count} requests were refused since ${new Date(since).toISOString()} and none was accepted: ${reasons}.`;
}
