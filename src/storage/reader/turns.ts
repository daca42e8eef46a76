/** Has the work of each asker done one after the other, while that of different askers goes on side by side. */

export type Turns = Readonly<{
  /** Rejects with `tooMany` where too much waits already, and with `nobodyWaits` once `signal` tells so. */
  take: <T>(asker: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
}>;

type Waiting = Readonly<{ begin: () => void }>;

export function createTurns(options: {
  mostWaiting: number;
  tooMany: () => Error;
  nobodyWaits: () => Error;
}): Turns {
  const { mostWaiting, tooMany, nobodyWaits } = options;
  /** By asker, those that wait for the one that has its turn. */
  const lines = new Map<string, Waiting[]>();

  function wait(line: Waiting[], signal: AbortSignal | undefined): Promise<void> {
    if (line.length >= mostWaiting) throw tooMany();
    return new Promise((begin, leave) => {
      const waiting = { begin };
      line.push(waiting);
      const giveUp = () => {
        const place = line.indexOf(waiting);
        if (place === -1) return;
        line.splice(place, 1);
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
