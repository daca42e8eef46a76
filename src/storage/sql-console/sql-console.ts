/**
 * Runs people's SQL on event files, each statement in a process of its own: two at a time, one for each asker. Others
 * wait, up to a limit.
 */
import { resolve } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { createPlaces } from "../../lib/waiting/places.ts";
import { createTurns } from "../../lib/waiting/turns.ts";
import type { Child, ChildListener } from "../../sandbox/start-child.ts";
import type { EventFile } from "../event-db/event-file.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { readBeside } from "../reader/read-event-file.ts";
import type { QueryLimits, SqlQuery } from "./order.ts";
import { askQueryProcess, type QueryResult, startQueryChild } from "./query-process.ts";

export type ConsoleLimits = QueryLimits & Readonly<{ timeMs: number }>;

export const USUAL_LIMITS: ConsoleLimits = {
  timeMs: 10_000,
  memoryBytes: 128 * 2 ** 20,
  resultBytes: 4 * 2 ** 20,
};

const MOST_AT_ONCE = 2;
/** Each takes up to the time limit, so that the last one waits for about half a minute. */
const MOST_WAITING = 6;
/** Queries that one asker may have waiting. */
const MOST_OF_ONE = 2;

export type SqlConsole = Readonly<{
  /**
   * Sees everything committed. Rejects with AppError `invalid` for a statement that is wrong, not allowed, too slow or
   * too large, `rate_limited` and `unavailable` if too many wait, the file is closed, or `signal` is aborted.
   */
  run: (
    query: SqlQuery & Readonly<{ webhookId: string }>,
    asked: Readonly<{ asker: string; signal?: AbortSignal | undefined }>,
  ) => Promise<QueryResult>;
  /** Process ids of the queries that are running. */
  pids: () => readonly number[];
}>;

export function createSqlConsole(deps: {
  files: WebhookDBManager;
  clock: Clock;
  /** Ends every query. */
  stopping?: AbortSignal | undefined;
  limits?: ConsoleLimits;
  startChild?: (listener: ChildListener) => Child;
}): SqlConsole {
  const { files, clock, stopping, limits = USUAL_LIMITS, startChild = startQueryChild } = deps;
  const turns = createTurns({ mostWaiting: MOST_OF_ONE, tooMany: tooManyOfOne, nobodyWaits });
  const places = createPlaces({ count: MOST_AT_ONCE, mostWaiting: MOST_WAITING, tooMany, nobodyWaits });
  const pids = new Set<number>();
  const running = new WeakMap<EventFile, Map<AbortController, Promise<void>>>();

  const all = new Set<AbortController>();
  stopping?.addEventListener("abort", () => {
    for (const query of all) query.abort(closedMeanwhile());
  });

  /** The queries under way in the file, which end before it is closed. */
  function queriesIn(file: EventFile): Map<AbortController, Promise<void>> {
    const known = running.get(file);
    if (known) return known;
    const queries = new Map<AbortController, Promise<void>>();
    running.set(file, queries);
    file.beforeClose(async () => {
      for (const query of queries.keys()) query.abort(closedMeanwhile());
      await Promise.all(queries.values());
    });
    return queries;
  }

  async function runOn(
    file: EventFile,
    query: SqlQuery,
    signal: AbortSignal | undefined,
  ): Promise<QueryResult> {
    const stop = new AbortController();
    const over = Promise.withResolvers<void>();
    const leave = () => stop.abort(nobodyWaits());
    signal?.addEventListener("abort", leave, { once: true });
    if (signal?.aborted) leave();
    const queries = queriesIn(file);
    queries.set(stop, over.promise);
    all.add(stop);
    try {
      return await askQueryProcess({
        // The child runs in another folder.
        order: { ...query, ...limits, path: resolve(file.path) },
        timeMs: limits.timeMs,
        clock,
        signal: stop.signal,
        startChild,
        pids,
      });
    } finally {
      signal?.removeEventListener("abort", leave);
      queries.delete(stop);
      all.delete(stop);
      over.resolve();
    }
  }

  return {
    run: ({ webhookId, ...query }, { asker, signal }) =>
      turns.take(
        asker,
        () =>
          places.take(() => {
            if (stopping?.aborted) throw closedMeanwhile();
            return readBeside(files, webhookId, (file) => runOn(file, query, signal));
          }, signal),
        signal,
      ),
    pids: () => [...pids],
  };
}

function tooManyOfOne(): AppError {
  return new AppError({
    kind: "rate_limited",
    code: "too_many_queries",
    message: "Your queries run one after the other, and too many of them wait.",
    hint: "Wait until one is done.",
    retryAfterSeconds: 5,
  });
}

function tooMany(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: `Queries run ${MOST_AT_ONCE} at a time, and too many wait.`,
    hint: "Try again when they are done.",
    retryAfterSeconds: 10,
  });
}

function nobodyWaits(): AppError {
  return new AppError({ kind: "unavailable", code: "query_ended", message: "Nobody waits for this query." });
}

function closedMeanwhile(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "query_ended",
    message: "The query was ended: the webhook was deleted, or the gateway is stopping.",
    hint: "Run it again.",
    retryAfterSeconds: 2,
  });
}
