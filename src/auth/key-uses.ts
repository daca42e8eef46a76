/** Remembers when and from where API keys were last used. */
import type { Clock } from "../lib/clock.ts";
import { createGatheredWrites, type GatheredWrites } from "../lib/gathered-writes.ts";
import type { MainDb } from "../storage/main-db/open.ts";

type Use = Readonly<{ at: number; from: string }>;

export type KeyUses = Omit<GatheredWrites<Use>, "note"> &
  Readonly<{ note: (use: Readonly<{ id: string; from: string }>) => void }>;

export function createKeyUses({ mainDb, clock }: { mainDb: MainDb; clock: Clock }): KeyUses {
  const gathered = createGatheredWrites<Use>(clock, (noted) =>
    mainDb.apiKeys.setLastUsed(noted.map(([id, use]) => ({ id, ...use }))),
  );
  return { ...gathered, note: ({ id, from }) => gathered.note(id, { at: clock.now(), from }) };
}
