/** Checks every few minutes whether entrypoints have fallen silent; works from memory. */

import type { Clock } from "../lib/clock.ts";
import { errorMessage } from "../lib/errors.ts";
import { nextTurn } from "../lib/pauses.ts";
import type { Logger } from "../observability/log.ts";
import type { Rhythm, Rhythms } from "../storage/event-db/numbers/rhythm.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";
import type { ReadRhythms } from "../storage/reader/rhythms.ts";
import type { Notices } from "./notices.ts";
import { describeSilence } from "./silence.ts";

const CHECK_EVERY_MS = 5 * 60_000;
/** Number of event files read at a time; a worker takes about 0.2 ms for each. */
const READ_STEP = 500;
/** Number of webhooks judged in one turn of the event loop: about 1 ms. */
const JUDGE_STEP = 100;

export type SilenceWatch = Readonly<{
  start: () => void;
  /** Records that a webhook has new events; cheap. */
  noteRecorded: (webhookId: string) => void;
  /** Reads the files that have new events, and judges all entrypoints; runs at every tick. */
  pass: () => Promise<void>;
  stop: () => Promise<void>;
}>;

type Watched = { isDirty: boolean; rhythms: Rhythms };

export function createSilenceWatch(deps: {
  readRhythms: ReadRhythms;
  webhooks: Pick<WebhookQueries, "find" | "listAll">;
  routing: Pick<Routing, "findRoute" | "onInvalidate">;
  notices: Pick<Notices, "entrypointSilent" | "entrypointHeard">;
  clock: Clock;
  log: Logger;
}): SilenceWatch {
  const { readRhythms, webhooks, routing, notices, clock, log } = deps;
  const watched = new Map<string, Watched>();
  /** Webhooks that may be new or deleted. */
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
    const dirty = [...watched].filter(([, { isDirty }]) => isDirty).map(([webhookId]) => webhookId);
    for (let from = 0; from < dirty.length && !isStopped; from += READ_STEP) {
      await read(dirty.slice(from, from + READ_STEP));
    }
    let judged = 0;
    for (const [webhookId, { rhythms }] of watched) {
      if (isStopped) return;
      for (const [entrypointId, rhythm] of rhythms) judge(webhookId, entrypointId, rhythm);
      judged++;
      if (judged % JUDGE_STEP === 0) await nextTurn();
    }
  }

  function follow(webhookId: string): void {
    if (webhooks.find(webhookId) === null) watched.delete(webhookId);
    else if (!watched.has(webhookId)) watched.set(webhookId, { isDirty: true, rhythms: new Map() });
  }

  async function read(webhookIds: readonly string[]): Promise<void> {
    const each = webhookIds.flatMap((id) => watched.get(id) ?? []);
    // Reset before the read, which may miss events that arrive meanwhile.
    for (const one of each) one.isDirty = false;
    try {
      for (const [webhookId, rhythms] of await readRhythms(webhookIds)) {
        const one = watched.get(webhookId);
        if (one) one.rhythms = rhythms;
      }
    } catch (error) {
      for (const one of each) one.isDirty = true;
      log.warn("entrypoints' rhythms could not be read", { cause: errorMessage(error) });
    }
  }

  function judge(webhookId: string, entrypointId: string, rhythm: Rhythm): void {
    const route = routing.findRoute(entrypointId);
    // A file may name another webhook's entrypoint; its notices must not change.
    if (route?.active !== true || route.webhookId !== webhookId) return;
    const reason = describeSilence(rhythm, { now: clock.now(), listeningSince });
    if (reason !== null) notices.entrypointSilent({ webhookId, entrypointId, reason });
    else notices.entrypointHeard({ entrypointId, at: rhythm.lastEventAt });
  }

  function checkLater(): void {
    if (!isStopped) cancel = clock.after(CHECK_EVERY_MS, () => void pass().finally(checkLater));
  }

  return {
    start() {
      listeningSince = clock.now();
      for (const { id } of webhooks.listAll()) changed.add(id);
      checkLater();
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
