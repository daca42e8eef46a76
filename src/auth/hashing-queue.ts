/** Limits concurrent password hashes, so that many sign-ins cannot use up memory or CPU. */
import { AppError } from "../lib/errors.ts";

/** Concurrent hashes. */
const MAX_RUNNING = 2;
/** Waiting hashes of unknown clients, at 0.1 s each: the last one waits about two seconds. */
const MAX_WAITING = 40;

export type HashingQueue = Readonly<{
  /**
   * `isTrusted`: from a signed-in user or a browser known to have signed in. These go first and are never refused.
   * Rejects with AppError `unavailable` for unknown clients while too many wait.
   */
  run: <T>(hash: () => Promise<T>, of: { isTrusted: boolean }) => Promise<T>;
}>;

export function createHashingQueue(): HashingQueue {
  const trusted: (() => void)[] = [];
  const strangers: (() => void)[] = [];
  let running = 0;

  async function enter(isTrusted: boolean): Promise<void> {
    if (running < MAX_RUNNING) {
      running++;
      return;
    }
    if (!isTrusted && strangers.length >= MAX_WAITING) throw signInBusy();
    await new Promise<void>((resolve) => (isTrusted ? trusted : strangers).push(resolve));
  }

  function leave(): void {
    const next = trusted.shift() ?? strangers.shift();
    // The slot passes directly to the next in line, so that no other call can take it.
    if (next) next();
    else running--;
  }

  return {
    async run(hash, { isTrusted }) {
      await enter(isTrusted);
      try {
        return await hash();
      } finally {
        leave();
      }
    },
  };
}

/** The error for a sign-in while too many are under way. */
export function signInBusy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "sign_in_busy",
    message: "Too many sign-ins are in progress.",
    hint: "Try again in a few seconds.",
    retryAfterSeconds: 5,
  });
}
