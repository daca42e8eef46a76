/** Keeps when pull targets were pulled last, and deactivates those that nobody pulls from any more. */
import { type Clock, DAY_MS, HOUR_MS, MINUTE_MS } from "../lib/clock.ts";
import { errorMessage } from "../lib/errors.ts";
import { every } from "../lib/every.ts";
import type { Logger } from "../observability/log.ts";
import type { TargetPullQueries } from "../storage/main-db/target-pulls.ts";
import type { TargetQueries } from "../storage/main-db/targets.ts";
import type { Presence, Pulls } from "../targets/pull/pulls.ts";
import type { TargetNotices } from "./target-notices.ts";

/** Interval at which pulls are written together; a crash forgets no more. */
const WRITE_MS = 5 * MINUTE_MS;
const IDLE_DAYS = 7;
const REASON = `No program has pulled from it for ${IDLE_DAYS} days.`;

export type PullWatch = Readonly<{
  start: () => void;
  /** As now, with the last pull of an earlier run of the program where there was none since. */
  presence: (targetId: string) => Presence;
  /** Writes what was pulled since the last time. */
  write: () => void;
  /** Deactivates idle targets; runs every hour. */
  pass: () => void;
  stop: () => void;
}>;

export function createPullWatch(deps: {
  pulls: Pick<Pulls, "presence" | "takeLastPulls">;
  queries: TargetPullQueries;
  targets: Pick<TargetQueries, "deactivate">;
  notices: Pick<TargetNotices, "targetDeactivated">;
  clock: Clock;
  log: Logger;
}): PullWatch {
  const { pulls, queries, targets, notices, clock, log } = deps;
  const stops: (() => void)[] = [];

  function write(): void {
    const lastPulls = pulls.takeLastPulls();
    if (lastPulls.size > 0) queries.note(lastPulls);
  }

  function pass(): void {
    write();
    const now = clock.now();
    for (const { id, webhookId } of queries.takeIdle({ now, before: now - IDLE_DAYS * DAY_MS })) {
      targets.deactivate({ id, webhookId, reason: REASON, at: now });
      notices.targetDeactivated({ webhookId, targetId: id, reason: REASON });
      log.warn("nobody pulls from a target, which was deactivated; its deliveries wait", {
        webhook_id: webhookId,
        target_id: id,
      });
    }
  }

  /** A full disk must not end the program. */
  function guarded(act: () => void): () => void {
    return () => {
      try {
        act();
      } catch (error) {
        log.warn("pulls could not be recorded", { cause: errorMessage(error) });
      }
    };
  }

  return {
    start() {
      stops.push(every(clock, WRITE_MS, guarded(write)), every(clock, HOUR_MS, guarded(pass)));
    },
    presence(targetId) {
      const presence = pulls.presence(targetId);
      return presence.lastPullAt === null
        ? { ...presence, lastPullAt: queries.findLast(targetId) }
        : presence;
    },
    write,
    pass,
    stop() {
      for (const stop of stops) stop();
      guarded(write)();
    },
  };
}
