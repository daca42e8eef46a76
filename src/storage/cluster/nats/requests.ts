/** Requests to JetStream that are repeated until they succeed, are refused, or their time is up. */
import { ConfigError } from "../../../config.ts";
import { type Clock, wait } from "../../../lib/clock.ts";
import { AppError } from "../../../lib/errors.ts";
import type { Connection } from "./connection.ts";

/** JetStream tells duplicates for two minutes; a record must not be tried again anywhere near that. */
const MAX_BUDGET_MS = 60_000;

const TRY_MS = 2_000;
const PAUSE_MS = 25;
const JITTER_MS = 75;

/** JetStream said no, and would say so again. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Runs `attempt` until it returns. Refusals, AppErrors and ConfigErrors are passed on, everything else is tried again
 * until `budgetMs` have passed, and then rejects as `unavailable`.
 */
export async function persist<T>(
  deps: {
    connection: Pick<Connection, "isConnected" | "connected">;
    clock: Clock;
    what: string;
    budgetMs: number;
  },
  attempt: (timeoutMs: number) => Promise<T>,
): Promise<T> {
  const { connection, clock, what, budgetMs } = deps;
  const leftMs = deadline(clock, Math.min(budgetMs, MAX_BUDGET_MS));
  let cause: unknown;
  for (let left = leftMs(); left > 0; left = leftMs()) {
    await connection.connected(left);
    try {
      if (connection.isConnected() && leftMs() > 0) return await attempt(Math.min(TRY_MS, leftMs()));
    } catch (error) {
      if (error instanceof Refusal || error instanceof AppError || error instanceof ConfigError) throw error;
      cause = error;
    }
    await wait(clock, PAUSE_MS + Math.random() * JITTER_MS);
  }
  throw new AppError({
    kind: "unavailable",
    message: `The cluster's log did not ${what} in time.`,
    hint: "Check whether a majority of the NATS servers runs and can reach each other.",
    retryAfterSeconds: 5,
    cause,
  });
}

/** A process that was stopped finds its time up by one of the clocks: not all of them count a machine's sleep. */
function deadline(clock: Clock, ms: number): () => number {
  const byMonotonic = clock.monotonic() + ms;
  const byWall = clock.now() + ms;
  return () => Math.min(byMonotonic - clock.monotonic(), byWall - clock.now());
}
