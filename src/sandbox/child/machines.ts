/** The instances of the transformations used last, made when they are first needed. */
import { LRUCache } from "lru-cache";
import { createMachine, type Made } from "./machine.ts";

/** Each takes 1 MB of memory, and up to 32 after hostile code. */
const MOST_MACHINES = 16;

export type Machines = Readonly<{
  learn: (key: string, source: string) => void;
  /** Null: nobody has said what its code is. */
  get: (key: string) => Promise<Made | null>;
  /** Lets go of an instance that cannot be used again. */
  drop: (key: string) => void;
}>;

export function createMachines(engine: WebAssembly.Module, runMs: number): Machines {
  const sources = new Map<string, string>();
  const made = new LRUCache<string, Made>({ max: MOST_MACHINES });
  return {
    learn: (key, source) => void sources.set(key, source),
    async get(key) {
      const known = made.get(key);
      if (known) return known;
      const source = sources.get(key);
      if (source === undefined) return null;
      const fresh = await createMachine(engine, { source, runMs });
      made.set(key, fresh);
      return fresh;
    },
    drop(key) {
      made.delete(key);
      // Its memory is the engine's, not the heap's: the collector does not notice in time how much that is.
      Bun.gc(true);
    },
  };
}
