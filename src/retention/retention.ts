/**
 * Deletes expired events, one webhook after the other, without opening files needlessly.
 * - Finished events (every delivery delivered or discarded, or none) are deleted at the retention's age.
 * - Undelivered events (a delivery pending, held or failed) are kept for twice that age; then those deliveries are
 *   discarded with a reason, and the events are deleted a day later.
 * - Events that an attempt or a replay changed within the last day are left alone.
 * - A file over its size limit loses finished events, the oldest first, whatever their age; never an undelivered one.
 */

import { type Clock, HOUR_MS, wait } from "../lib/clock.ts";
import { createClockJumpDetector } from "../lib/clock-jump.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import { readWebhookSettings } from "../settings/webhook-settings.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";
import type { RetentionStore } from "../storage/stores/retention-store.ts";
import { createRetentionRuns, type RunReport } from "./retention-run.ts";
import { type DueRun, RetentionWatch } from "./retention-watch.ts";

const TICK_MS = 60_000;
/** Files surveyed at a time after a start. */
const SURVEY_STEP = 500;
/**
 * A clock set forward by more than this may be wrong and would make events look old: nothing is deleted for a while.
 */
const LARGEST_JUMP_MS = HOUR_MS;
const REST_AFTER_JUMP_MS = HOUR_MS;

export type Retention = Readonly<{
  /** Surveys all webhooks' files once in the background, then begins the ticks; resolves after the survey. */
  start: () => Promise<void>;
  /** Notes that a webhook has new events; cheap. */
  noteRecorded: (webhookId: string) => void;
  /** Notes that a webhook was imported, with events of any age. */
  noteImported: (webhookId: string) => void;
  /** Stops after the step under way; the next start does the rest. */
  stop: () => Promise<void>;
  /** Runs one tick; for tests. */
  pass: () => Promise<void>;
}>;

export function createRetention(deps: {
  store: RetentionStore;
  webhooks: Pick<WebhookQueries, "listAll" | "find">;
  routing: Pick<Routing, "onInvalidate">;
  /** Applies to webhooks without a retention of their own. */
  defaultDays: number;
  /** Deletes old entries of the audit log. */
  pruneAudit: (isStopping: () => boolean) => Promise<void>;
  clock: Clock;
  log: Logger;
  rest?: (ms: number) => Promise<void>;
}): Retention {
  const { store, webhooks, clock, log } = deps;
  const rest = deps.rest ?? ((ms) => wait(clock, ms));
  const watch = new RetentionWatch(clock, deps.defaultDays);
  /** Webhooks whose settings may have changed. */
  const changed = new Set<string>();
  const imported = new Set<string>();
  const isInterrupted = (webhookId: string) => isStopping || changed.has(webhookId);
  const runs = createRetentionRuns({ store, clock, isInterrupted, rest });
  const clockJump = createClockJumpDetector(clock);
  let restUntil = Number.NEGATIVE_INFINITY;
  let isStopping = false;
  let cancelTick: () => void = () => undefined;
  let running: Promise<void> | null = null;
  const unsubscribe = deps.routing.onInvalidate((webhookId) => changed.add(webhookId));

  function pass(): Promise<void> {
    running ??= passNow().finally(() => {
      running = null;
    });
    return running;
  }

  async function passNow(): Promise<void> {
    followChanges();
    if (isResting()) return;
    for (const webhookId of watch.listDue()) {
      followChanges();
      const run = watch.findRun(webhookId);
      if (isStopping) return;
      if (run) await look(run);
    }
    await deps
      .pruneAudit(() => isStopping)
      .catch((error: unknown) => {
        log.warn("old entries of the audit log could not be deleted", { cause: errorMessage(error) });
      });
  }

  function followChanges(): void {
    for (const webhookId of changed) {
      const webhook = webhooks.find(webhookId);
      watch.follow(webhookId, webhook && readWebhookSettings(webhook.settings));
    }
    changed.clear();
    for (const webhookId of imported) watch.unknown(webhookId);
    imported.clear();
  }

  async function look(run: DueRun): Promise<void> {
    const { webhookId } = run;
    try {
      const report = run.kind === "full" ? await runs.full(run) : await runs.bySize(run);
      tell(webhookId, report, !isInterrupted(webhookId) && watch.ended(webhookId, report));
    } catch (error) {
      watch.failed(webhookId);
      if (error instanceof AppError && error.kind === "not_found") return;
      log.warn("old events could not be deleted", { webhook_id: webhookId, cause: errorMessage(error) });
    }
  }

  function isResting(): boolean {
    const jumpMs = clockJump();
    if (jumpMs > LARGEST_JUMP_MS) {
      restUntil = clock.monotonic() + REST_AFTER_JUMP_MS;
      log.warn("the system clock was set forward; no events are deleted for an hour", { jump_ms: jumpMs });
    }
    return clock.monotonic() < restUntil;
  }

  function tell(webhookId: string, report: RunReport, isNewlyOver: boolean): void {
    const { deletedEvents, deletedBytes, discardedDeliveries } = report;
    const fields = { webhook_id: webhookId, events: deletedEvents, body_bytes: deletedBytes };
    if (deletedEvents > 0) log.info("old events deleted", fields);
    if (discardedDeliveries > 0) {
      log.warn("deliveries discarded: not delivered within twice the retention", {
        webhook_id: webhookId,
        deliveries: discardedDeliveries,
      });
    }
    if (isNewlyOver) {
      log.warn("an event file exceeds its size limit, but only undelivered events are left", {
        webhook_id: webhookId,
      });
    }
  }

  async function survey(): Promise<void> {
    const all = webhooks.listAll();
    for (const { id, settings } of all) watch.follow(id, readWebhookSettings(settings));
    for (let from = 0; from < all.length && !isStopping; from += SURVEY_STEP) {
      const ids = all.slice(from, from + SURVEY_STEP).map(({ id }) => id);
      try {
        const found = await store.survey(ids);
        for (const id of ids) watch.surveyed(id, found.get(id));
      } catch (error) {
        log.warn("event files could not be surveyed, so each is opened", { cause: errorMessage(error) });
        for (const id of ids) watch.unknown(id);
      }
    }
  }

  function tickLater(): void {
    if (!isStopping) cancelTick = clock.after(TICK_MS, () => void pass().finally(tickLater));
  }

  return {
    async start() {
      running = survey();
      await running;
      running = null;
      tickLater();
    },
    noteRecorded: (webhookId) => watch.recorded(webhookId),
    noteImported: (webhookId) => imported.add(webhookId),
    async stop() {
      isStopping = true;
      unsubscribe();
      cancelTick();
      await running;
    },
    pass,
  };
}
