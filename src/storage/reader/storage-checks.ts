/**
 * Checks all databases in the background, once a week and on request, one check at a time, and keeps the last result.
 */
import { type Clock, DAY_MS } from "../../lib/clock.ts";
import { errorMessage } from "../../lib/errors.ts";
import { every } from "../../lib/every.ts";
import type { Logger } from "../../observability/log.ts";
import type { CheckReport } from "./check.ts";

/** Interval between checks: each reads every page of every file. */
const AGAIN_MS = 7 * DAY_MS;

export type LastCheck = Readonly<{
  startedAt: number;
  durationMs: number;
  /** Null if the check itself failed; `error` then says why. */
  report: CheckReport | null;
  error: string | null;
}>;

export type StorageChecks = Readonly<{
  /** Starts a check unless one is under way, and resolves when it has ended. Never rejects. */
  run: () => Promise<void>;
  /** Start time of the check under way, or null. */
  runningSince: () => number | null;
  last: () => LastCheck | null;
  /** Starts no further checks. */
  stop: () => void;
}>;

export function createStorageChecks(options: {
  check: () => Promise<CheckReport>;
  clock: Clock;
  log: Logger;
}): StorageChecks {
  const { check, clock, log } = options;
  let running: Readonly<{ startedAt: number; ended: Promise<void> }> | null = null;
  let last: LastCheck | null = null;

  async function runNow(startedAt: number): Promise<void> {
    const since = clock.monotonic();
    let report: CheckReport | null = null;
    let error: string | null = null;
    try {
      report = await check();
      // An imbalance is logged as an error: it must not wait until somebody looks at a page.
      for (const { database, fault } of report.faults)
        log.error("a database has faults", { database, fault });
    } catch (cause) {
      error = errorMessage(cause);
      log.error("checking the databases failed", { cause: error });
    }
    last = { startedAt, durationMs: clock.monotonic() - since, report, error };
    running = null;
  }

  function run(): Promise<void> {
    const startedAt = clock.now();
    running ??= { startedAt, ended: runNow(startedAt) };
    return running.ended;
  }

  return {
    run,
    runningSince: () => running?.startedAt ?? null,
    last: () => last,
    stop: every(clock, AGAIN_MS, () => void run()),
  };
}
