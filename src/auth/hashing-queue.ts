/** Runs password hashes few at a time, so that a flood of sign-ins takes neither all the memory nor all the cores. */
import { AppError } from "../lib/errors.ts";

/** Hashes that run at once. */
const MAX_RUNNING = 2;
/** Hashes of strangers that wait, at a tenth of a second each: the last one waits about two seconds. */
const MAX_WAITING = 40;

export type HashingQueue = Readonly<{
  /**
   * `isTrusted`: somebody who is signed in, or a browser that was; they go before strangers and are never turned
   * away. Rejects with AppError `unavailable` for a stranger while too many wait.
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
    if (!isTrusted && strangers.length >= MAX_WAITING) throw busy();
    await new Promise<void>((resolve) => (isTrusted ? trusted : strangers).push(resolve));
  }

  function leave(): void {
    const next = trusted.shift() ?? strangers.shift();
    // The place goes straight to the next one, so that none can slip in between.
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

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "sign_in_busy",
    message: "Too many sign-ins are in progress.",
    hint: "Try again in a few seconds.",
    retryAfterSeconds: 5,
  });
}
