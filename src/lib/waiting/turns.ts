/** Runs each asker's work one after the other, and that of different askers side by side. */
import { createPlaces, type Places, type Waiting } from "./places.ts";

type Turns = Readonly<{
  /** Rejects with `tooMany` if too much already waits, and with `nobodyWaits` once `signal` is aborted. */
  take: <T>(asker: string, work: () => Promise<T>, signal?: AbortSignal) => Promise<T>;
}>;

/** `options` hold for each asker. */
export function createTurns(options: Waiting): Turns {
  /** Places of the askers who have work under way. */
  const lines = new Map<string, Places>();
  return {
    async take(asker, work, signal) {
      const line = lines.get(asker) ?? createPlaces({ ...options, count: 1 });
      lines.set(asker, line);
      try {
        return await line.take(work, signal);
      } finally {
        if (line.areFree()) lines.delete(asker);
      }
    },
  };
}
