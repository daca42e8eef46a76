/** Lets so many pieces of work run at a time; the others wait in their order. */

export type Places = Readonly<{
  /** Rejects with `tooMany` if too much already waits, and with `nobodyWaits` once `signal` is aborted. */
  take: <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
  /** Whether nothing runs and nothing waits. */
  areFree: () => boolean;
}>;

export type Waiting = Readonly<{
  /** Pieces of work that may wait. */
  mostWaiting: number;
  tooMany: () => Error;
  nobodyWaits: () => Error;
}>;

export function createPlaces(options: Waiting & Readonly<{ count: number }>): Places {
  const { count, mostWaiting, tooMany, nobodyWaits } = options;
  const waiting = new Set<() => void>();
  let taken = 0;

  function wait(signal: AbortSignal | undefined): Promise<void> {
    if (waiting.size >= mostWaiting) throw tooMany();
    return new Promise((begin, leave) => {
      const giveUp = () => {
        if (waiting.delete(begin)) leave(nobodyWaits());
      };
      waiting.add(begin);
      signal?.addEventListener("abort", giveUp, { once: true });
      if (signal?.aborted) giveUp();
    });
  }

  return {
    async take(work, signal) {
      // The place of one who is done goes to the next who waits.
      if (taken < count) taken++;
      else await wait(signal);
      try {
        return await work();
      } finally {
        const [next] = waiting;
        if (next) {
          waiting.delete(next);
          next();
        } else taken--;
      }
    },
    areFree: () => taken === 0,
  };
}
