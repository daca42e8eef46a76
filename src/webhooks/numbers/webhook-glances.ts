/**
 * Figures of a user's webhooks for a long list. Reading a thousand files takes a second, so they are read in the
 * background, and what is known is at most a view of the list old.
 */

import type { Clock } from "../../lib/clock.ts";
import { nextTurn } from "../../lib/pauses.ts";
import type { Glance } from "../../storage/event-db/numbers/glance.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { TargetRow } from "../../storage/main-db/tables.ts";
import type { ReadGlances } from "../../storage/reader/glances.ts";

/** Figures that are younger are not read again. */
const FRESH_MS = 2_000;
/** How long a view waits for newer numbers. */
const WAIT_MS = 20;
/** Numbers that nobody looked at for this long are forgotten. */
const KEPT_MS = 10 * 60_000;
/** Webhooks read from the main database in one turn of the event loop; takes 2 to 3 ms. */
const READ_STEP = 50;

export type WebhookGlance = Readonly<{
  id: string;
  name: string;
  eventsLostAt: number | null;
  externalId: string | null;
  /** Null if it was not read yet. */
  known: KnownWebhook | null;
}>;

type KnownWebhook = Readonly<{
  entrypoints: readonly Readonly<{ id: string; active: boolean }>[];
  targets: readonly Pick<TargetRow, "id" | "active" | "deactivatedReason" | "pausedAt">[];
  /** Null if the event file cannot be read. */
  numbers: Glance | null;
}>;

export type Glances = Readonly<{
  webhooks: readonly WebhookGlance[];
  /** When their files were read. */
  readAt: number;
}>;

type Known = Readonly<{
  byId: ReadonlyMap<string, KnownWebhook>;
  readAt: number;
  /** Monotonic time. */
  at: number;
}>;

export type WebhookGlances = Readonly<{
  count: (of: { userId: string }) => number;
  /** All webhooks of the user. Waits for their files at the first view only. */
  read: (of: { userId: string }) => Promise<Glances>;
}>;

export function createWebhookGlances(deps: {
  mainDb: MainDb;
  readGlances: ReadGlances;
  clock: Clock;
}): WebhookGlances {
  const { mainDb, readGlances, clock } = deps;
  const known = new Map<string, Known>();
  const running = new Map<string, Promise<Known>>();

  async function readAll(userId: string): Promise<Known> {
    const ids = mainDb.webhooks.listNames(userId).map(({ id }) => id);
    const readAt = clock.now();
    const numbers = await readGlances(ids, readAt);
    const byId = new Map<string, KnownWebhook>();
    for (const [index, id] of ids.entries()) {
      if (index % READ_STEP === 0) await nextTurn();
      const [entrypoints, targets] = [mainDb.entrypoints.list(id), mainDb.targets.list(id)];
      byId.set(id, { entrypoints, targets, numbers: numbers.get(id) ?? null });
    }
    return { byId, readAt, at: clock.monotonic() };
  }

  function refresh(userId: string): Promise<Known> {
    const before = running.get(userId);
    if (before !== undefined) return before;
    const reading = readAll(userId)
      .then((found) => {
        known.set(userId, found);
        return found;
      })
      .finally(() => running.delete(userId));
    running.set(userId, reading);
    return reading;
  }

  function forgetOld(now: number): void {
    for (const [userId, { at }] of known) if (now - at > KEPT_MS) known.delete(userId);
  }

  async function latest(userId: string): Promise<Known> {
    const now = clock.monotonic();
    forgetOld(now);
    const before = known.get(userId);
    if (before && now - before.at < FRESH_MS) return before;
    const reading = refresh(userId);
    if (!before) return reading;
    const { promise: waited, resolve } = Promise.withResolvers<Known>();
    const cancel = clock.after(WAIT_MS, () => resolve(before));
    // Known figures are shown all the same where the files cannot be read now.
    return Promise.race([reading.catch(() => before), waited]).finally(cancel);
  }

  return {
    count: ({ userId }) => mainDb.webhooks.listNames(userId).length,
    async read({ userId }) {
      const { byId, readAt } = await latest(userId);
      // Read again: names are of now.
      const rows = mainDb.webhooks.listNames(userId);
      return { webhooks: rows.map((row) => ({ ...row, known: byId.get(row.id) ?? null })), readAt };
    },
  };
}
