/** Runs each asker's work one after the other, and that of different askers side by side. */

type Turns = Readonly<{
  /** Rejects with `tooMany` if too much already waits, and with `nobodyWaits` once `signal` is aborted. */
  take: <T>(asker: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
}>;

type Waiting = Readonly<{ begin: () => void }>;

export function createTurns(options: {
  mostWaiting: number;
  tooMany: () => Error;
  nobodyWaits: () => Error;
}): Turns {
  const { mostWaiting, tooMany, nobodyWaits } = options;
  /** By asker, the work that waits for the one under way. */
  const lines = new Map<string, Waiting[]>();

  function wait(line: Waiting[], signal: AbortSignal | undefined): Promise<void> {
    if (line.length >= mostWaiting) throw tooMany();
    return new Promise((begin, leave) => {
      const waiting = { begin };
      line.push(waiting);
      const giveUp = () => {
        const index = line.indexOf(waiting);
        if (index === -1) return;
        line.splice(index, 1);
        leave(nobodyWaits());
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      if (signal?.aborted) giveUp();
    });
  }

  return {
    async take(asker, work, signal) {
      const line = lines.get(asker);
      if (line) await wait(line, signal);
      else lines.set(asker, []);
      try {
        return await work();
      } finally {
        const next = lines.get(asker)?.shift();
        if (next) next.begin();
        else lines.delete(asker);
      }
    },
  };
}
