/** Remembers when and from where API keys were last used, and writes that in groups. */
import type { Clock } from "../lib/clock.ts";
import { every } from "../lib/every.ts";
import type { MainDb } from "../storage/main-db/open.ts";

type Use = Readonly<{ at: number; from: string }>;

export type KeyUses = Readonly<{
  note: (use: Readonly<{ id: string; from: string }>) => void;
  /** A use that is not written yet; null if there is none. */
  find: (id: string) => Use | null;
  /** Writes what was noted. A full disk keeps it for the next time. */
  flush: () => void;
  start: () => void;
  stop: () => void;
}>;

/** A crash loses at most this much of the last uses. */
const FLUSH_MS = 30_000;

export function createKeyUses({ mainDb, clock }: { mainDb: MainDb; clock: Clock }): KeyUses {
  // Only keys that exist are noted.
  const noted = new Map<string, Use>();
  let end = () => {};

  function flush(): void {
    if (noted.size === 0) return;
    try {
      mainDb.apiKeys.setLastUsed([...noted].map(([id, use]) => ({ id, ...use })));
      noted.clear();
    } catch {
      // The disk is full, which is already logged.
    }
  }

  return {
    note({ id, from }) {
      noted.set(id, { at: clock.now(), from });
    },
    find: (id) => noted.get(id) ?? null,
    flush,
    start() {
      end = every(clock, FLUSH_MS, flush);
    },
    stop() {
      end();
      flush();
    },
  };
}
