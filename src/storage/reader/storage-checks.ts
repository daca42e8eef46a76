/** Checks all databases in the background, once a week and when asked to, one check at a time, and remembers what the last one found. */
import { type Clock, DAY_MS } from "../../lib/clock.ts";
import { errorMessage } from "../../lib/errors.ts";
import { every } from "../../lib/every.ts";
import type { Logger } from "../../observability/log.ts";
import type { CheckReport } from "./check.ts";

/** It reads every page of every file. */
const AGAIN_MS = 7 * DAY_MS;

export type LastCheck = Readonly<{
  startedAt: number;
  durationMs: number;
  /** Null where the check itself failed; `error` then says why. */
  report: CheckReport | null;
  error: string | null;
}>;

export type StorageChecks = Readonly<{
  /** Resolves when it has ended; while one is under way, that is the one. Never rejects. */
  run: () => Promise<void>;
  /** When the one under way was begun. */
  runningSince: () => number | null;
  last: () => LastCheck | null;
  /** Begins no more. */
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
      // An imbalance is an error: it must not wait until somebody looks at a page.
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
