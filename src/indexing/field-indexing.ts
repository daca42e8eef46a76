/**
 * Keeps the indexes of fields behind ingest: new events once many or a while have gathered, old ones after a change of
 * the fields, slowly.
 */
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import { createTurnBudget } from "../lib/turn-budget.ts";
import type { Logger } from "../observability/log.ts";
import { readIndexedFields } from "../settings/indexed-fields.ts";
import { readWebhookSettings } from "../settings/webhook-settings.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";
import type { FieldStore } from "../storage/stores/field-store.ts";

/** How often webhooks with new events are looked at. */
const TICK_MS = 1_000;
/** New events are in the index after this at the latest, unless many others are before them. */
const GATHER_MS = 10_000;
/** The index takes one part in this many of the event loop's time, so that ingest hardly notices. */
const REST_FACTOR = 19;
const SHORTEST_REST_MS = 5;
/** An apply of configuration changes a thousand webhooks at once: they are looked at for no longer in one turn. */
const LOOK_MS = 2;

export type FieldIndexing = Readonly<{
  /** Looks at every webhook that has fields. */
  start: () => void;
  /** Notes that a webhook has new events; cheap. */
  noteRecorded: (webhookId: string) => void;
  /** Notes that a webhook was imported, with events and without an index. */
  noteImported: (webhookId: string) => void;
  /** Resolves after the step under way; the next start does the rest. */
  stop: () => Promise<void>;
}>;

export function createFieldIndexing(deps: {
  store: FieldStore;
  webhooks: Pick<WebhookQueries, "listAll" | "find">;
  routing: Pick<Routing, "onInvalidate">;
  clock: Clock;
  log: Logger;
  /** By default waits by the clock. */
  rest?: (ms: number) => Promise<void>;
}): FieldIndexing {
  const { store, webhooks, clock, log, rest = restByClock } = deps;
  /** Places by webhook; only of webhooks with fields. */
  const places = new Map<string, readonly string[]>();
  /** When the first event came that is not in the index; monotonic time. */
  const waiting = new Map<string, number>();
  const behind = new Set<string>();
  let isStarted = false;
  let isStopping = false;
  let running: Promise<void> | null = null;
  let cancelTick: (() => void) | null = null;
  let endRest: () => void = () => undefined;
  const turns = createTurnBudget({ ms: LOOK_MS, monotonic: clock.monotonic });
  const unsubscribe = deps.routing.onInvalidate((webhookId) => turns.later(() => followSafely(webhookId)));

  function followSafely(webhookId: string): void {
    // A follower of a cluster begins when it leads.
    if (!isStarted || isStopping) return;
    try {
      follow(webhookId);
    } catch (error) {
      log.warn("fields could not be indexed", { webhook_id: webhookId, cause: errorMessage(error) });
    }
  }

  function follow(webhookId: string): void {
    const webhook = webhooks.find(webhookId);
    const before = places.get(webhookId) ?? [];
    const now = webhook === null ? [] : placesOf(webhook.settings);
    if (now.length === 0) places.delete(webhookId);
    else places.set(webhookId, now);
    if (webhook !== null && before.join(" ") !== now.join(" ")) catchUp(webhookId);
  }

  function catchUp(webhookId: string): void {
    behind.add(webhookId);
    goOn();
  }

  function goOn(): void {
    running ??= run().finally(() => {
      running = null;
      if (behind.size > 0 && !isStopping) goOn();
    });
  }

  async function run(): Promise<void> {
    // In turn, so that nobody waits for the many old events of another.
    while (behind.size > 0 && !isStopping) {
      for (const webhookId of [...behind]) {
        if (isStopping) return;
        await step(webhookId);
      }
    }
  }

  async function step(webhookId: string): Promise<void> {
    try {
      const { isDone, heldMs } = await store.step(webhookId, places.get(webhookId) ?? []);
      if (isDone) behind.delete(webhookId);
      else await rest(Math.max(SHORTEST_REST_MS, heldMs * REST_FACTOR));
    } catch (error) {
      behind.delete(webhookId);
      if (error instanceof AppError && error.kind === "not_found") return;
      log.warn("fields could not be indexed", { webhook_id: webhookId, cause: errorMessage(error) });
    }
  }

  function restByClock(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      endRest = () => {
        cancel();
        resolve();
      };
    });
  }

  async function tick(): Promise<void> {
    for (const [webhookId, since] of waiting) {
      const isDue = clock.monotonic() - since >= GATHER_MS || (await isGroupFull(webhookId));
      if (!isDue) continue;
      waiting.delete(webhookId);
      if (!isStopping) catchUp(webhookId);
    }
  }

  async function isGroupFull(webhookId: string): Promise<boolean> {
    // A file that cannot be read is told of by the step.
    return store.isGroupFull(webhookId).catch(() => true);
  }

  function tickLater(): void {
    if (cancelTick !== null || isStopping) return;
    cancelTick = clock.after(TICK_MS, () => {
      void tick().finally(() => {
        cancelTick = null;
        if (waiting.size > 0) tickLater();
      });
    });
  }

  return {
    start() {
      isStarted = true;
      for (const { id, settings } of webhooks.listAll()) {
        const own = placesOf(settings);
        if (own.length === 0) continue;
        places.set(id, own);
        catchUp(id);
      }
    },
    noteRecorded(webhookId) {
      if (!places.has(webhookId) || waiting.has(webhookId)) return;
      waiting.set(webhookId, clock.monotonic());
      tickLater();
    },
    noteImported(webhookId) {
      follow(webhookId);
      if (places.has(webhookId)) catchUp(webhookId);
    },
    async stop() {
      isStopping = true;
      unsubscribe();
      cancelTick?.();
      endRest();
      await running;
    },
  };
}

function placesOf(settings: unknown): readonly string[] {
  return readIndexedFields(readWebhookSettings(settings).indexed_fields).map(({ place }) => place);
}
