/** Looks every few minutes whether entrypoints have fallen silent: of webhooks that want to know, from memory. */
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";
import type { Rhythm } from "../storage/event-db/rhythm.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { NoticeSettings } from "../storage/main-db/notice-settings.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";
import type { Notices } from "./notices.ts";
import { describeSilence } from "./silence.ts";

const LOOK_EVERY_MS = 5 * 60_000;

export type SilenceWatch = Readonly<{
  start: () => void;
  /** Says that a webhook has new events; cheap. */
  noteRecorded: (webhookId: string) => void;
  /** Reads the files that have new events, and no other; judges all. What a tick does. */
  pass: () => Promise<void>;
  stop: () => Promise<void>;
}>;

type Watched = { isDirty: boolean; rhythms: ReadonlyMap<string, Rhythm> };

export function createSilenceWatch(deps: {
  events: Pick<EventStore, "rhythms">;
  webhooks: Pick<WebhookQueries, "listWithNotices">;
  routing: Pick<Routing, "findRoute" | "onInvalidate">;
  findSettings: (webhookId: string) => NoticeSettings | null;
  notices: Pick<Notices, "entrypointSilent" | "entrypointHeard">;
  clock: Clock;
  log: Logger;
}): SilenceWatch {
  const { events, webhooks, routing, findSettings, notices, clock, log } = deps;
  const watched = new Map<string, Watched>();
  /** Webhooks whose settings may be others by now. */
  const changed = new Set<string>();
  const unsubscribe = routing.onInvalidate((webhookId) => changed.add(webhookId));
  let listeningSince = clock.now();
  let isStopped = false;
  let running: Promise<void> | null = null;
  let cancel: () => void = () => undefined;

  function pass(): Promise<void> {
    running ??= passNow().finally(() => {
      running = null;
    });
    return running;
  }

  async function passNow(): Promise<void> {
    for (const webhookId of changed) follow(webhookId);
    changed.clear();
    for (const [webhookId, each] of watched) {
      if (isStopped) return;
      if (each.isDirty) await read(webhookId, each);
      for (const [entrypointId, rhythm] of each.rhythms) judge(webhookId, entrypointId, rhythm);
    }
  }

  function follow(webhookId: string): void {
    const isWanted = findSettings(webhookId)?.on.includes("entrypoint_silent") === true;
    if (!isWanted) watched.delete(webhookId);
    else if (!watched.has(webhookId)) watched.set(webhookId, { isDirty: true, rhythms: new Map() });
  }

  async function read(webhookId: string, each: Watched): Promise<void> {
    each.isDirty = false;
    try {
      each.rhythms = await events.rhythms(webhookId);
    } catch (error) {
      each.isDirty = true;
      if (error instanceof AppError && error.kind === "not_found") return;
      log.debug("an entrypoint's rhythm could not be read", {
        webhook_id: webhookId,
        cause: errorMessage(error),
      });
    }
    // Each may have opened a file.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  function judge(webhookId: string, entrypointId: string, rhythm: Rhythm): void {
    if (routing.findRoute(entrypointId)?.active !== true) return;
    const reason = describeSilence(rhythm, { now: clock.now(), listeningSince });
    if (reason !== null) notices.entrypointSilent({ webhookId, entrypointId, reason });
    else notices.entrypointHeard({ entrypointId, at: rhythm.lastEventAt });
  }

  function lookLater(): void {
    if (!isStopped) cancel = clock.after(LOOK_EVERY_MS, () => void pass().finally(lookLater));
  }

  return {
    start() {
      listeningSince = clock.now();
      for (const { id } of webhooks.listWithNotices()) changed.add(id);
      lookLater();
    },
    noteRecorded(webhookId) {
      const each = watched.get(webhookId);
      if (each) each.isDirty = true;
    },
    pass,
    async stop() {
      isStopped = true;
      unsubscribe();
      cancel();
      await running;
    },
  };
}
