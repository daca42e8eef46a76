/**
 * Tracks the problems of webhooks whose owners want notices, and reports each change once. Repeated reports of the same
 * problem, delivery by delivery, are absorbed, also across restarts.
 */
import type { Clock } from "../lib/clock.ts";
import { errorMessage } from "../lib/errors.ts";
import { every } from "../lib/every.ts";
import { newId } from "../lib/ids.ts";
import type { Logger } from "../observability/log.ts";
import type { NoticeChannel, NoticeSettings, TroubleKind } from "../settings/notice-settings.ts";
import { readWebhookSettings } from "../settings/webhook-settings.ts";
import type { NoticeQueries, PendingNotice, Trouble, TroubleChange } from "../storage/main-db/notices.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";

/** Changes within one second are written together: an outage of a thousand targets is one transaction. */
const WRITE_AFTER_MS = 1_000;
/**
 * A target that alternately fails and succeeds has one problem, which is over when nothing has failed for this long.
 */
const SETTLED_AFTER_MS = 5 * 60_000;
const TICK_MS = 60_000;
const NEVER = Number.NEGATIVE_INFINITY;

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

/**
 * Reports from the rest of the gateway. Every call returns immediately, writes nothing itself, and costs one map
 * look-up if the webhook's owner wants no notices, so it can be made for every delivery.
 */
export type Notices = Readonly<{
  /** A delivery was given up (`failed`); `reason` is a sentence that contains no secret. */
  targetGivenUp: (of: OfTarget & Readonly<{ reason: string }>) => void;
  /** A delivery was given up because the target's transformation failed. */
  transformationFailed: (of: OfTarget & Readonly<{ reason: string }>) => void;
  /** A delivery succeeded; the problem is over if none is given up for a while. */
  targetDelivered: (of: OfTarget) => void;
  /** The target's circuit breaker opened. */
  circuitOpened: (of: OfTarget & Readonly<{ reason: string }>) => void;
  /** The circuit closed; the problem is over if it does not open again for a while. */
  circuitClosed: (of: OfTarget) => void;
  /** The gateway, not a person, disabled a target. The problem is over when somebody enables it. */
  targetDeactivated: (of: OfTarget & Readonly<{ reason: string }>) => void;
  /** An entrypoint received nothing at hours at which it usually receives events. */
  entrypointSilent: (of: Readonly<{ webhookId: string; entrypointId: string; reason: string }>) => void;
  /** An entrypoint received its last event at `at`; ends a silence that began before. */
  entrypointHeard: (of: Readonly<{ entrypointId: string; at: number }>) => void;
}>;

export type NoticeKeeper = Notices &
  Readonly<{
    /** Ends problems that have settled and forgets deleted ones; runs at every tick. */
    pass: () => void;
    /** Writes pending changes without waiting for more. */
    flush: () => void;
    findSettings: (webhookId: string) => NoticeSettings | null;
    stop: () => void;
  }>;

type Going = { readonly trouble: Trouble; lastBadAt: number; lastGoodAt: number };

export function createNotices(deps: {
  queries: Pick<NoticeQueries, "listTroubles" | "record">;
  webhooks: Pick<WebhookQueries, "find">;
  routing: Pick<Routing, "findTarget" | "findRoute" | "onInvalidate">;
  clock: Clock;
  log: Logger;
  /** Called when there are new notices to send. */
  onNotice: () => void;
}): NoticeKeeper {
  const { queries, webhooks, routing, clock, log, onNotice } = deps;
  const going = new Map<string, Going>();
  const settings = new Map<string, NoticeSettings | null>();
  let unwritten: TroubleChange[] = [];
  let cancelWrite: (() => void) | null = null;
  const unsubscribe = routing.onInvalidate((webhookId) => settings.delete(webhookId));
  const stopTicks = every(clock, TICK_MS, pass);
  for (const trouble of queries.listTroubles()) keep(trouble);

  function keep(trouble: Trouble): void {
    const at = clock.monotonic();
    going.set(keyOf(trouble), { trouble, lastBadAt: at, lastGoodAt: NEVER });
  }

  function findSettings(webhookId: string): NoticeSettings | null {
    let known = settings.get(webhookId);
    if (known === undefined) {
      known = readWebhookSettings(webhooks.find(webhookId)?.settings).notices;
      settings.set(webhookId, known);
    }
    return known;
  }

  function begin(kind: TroubleKind, webhookId: string, subjectId: string, detail: string): void {
    const known = going.get(keyOf({ kind, subjectId }));
    if (known) {
      known.lastBadAt = clock.monotonic();
      known.lastGoodAt = NEVER;
      return;
    }
    if (findSettings(webhookId)?.on.includes(kind) !== true) return;
    const trouble = { kind, webhookId, subjectId, since: clock.now() };
    keep(trouble);
    write({ ...trouble, isOver: false, detail });
  }

  function end(kind: TroubleKind, subjectId: string): void {
    const key = keyOf({ kind, subjectId });
    const known = going.get(key);
    if (!known) return;
    going.delete(key);
    write({ ...known.trouble, isOver: true, detail: "" });
  }

  /** Marks a problem as possibly over: it is if nothing bad follows for a while. */
  function improve(kind: TroubleKind, subjectId: string): void {
    if (going.size === 0) return;
    const known = going.get(keyOf({ kind, subjectId }));
    if (known) known.lastGoodAt = clock.monotonic();
  }

  function write(change: TroubleChange): void {
    unwritten.push(change);
    cancelWrite ??= clock.after(WRITE_AFTER_MS, flush);
  }

  function flush(): void {
    cancelWrite?.();
    cancelWrite = null;
    const changes = unwritten;
    unwritten = [];
    if (changes.length === 0) return;
    try {
      queries.record(
        changes,
        changes.flatMap((change) => channelsOf(findSettings(change.webhookId)).map(toNotice(change))),
      );
      onNotice();
    } catch (error) {
      log.error("notices could not be stored, and will not be sent", { cause: errorMessage(error) });
    }
  }

  function toNotice(change: TroubleChange): (channel: NoticeChannel) => PendingNotice {
    return (channel) => ({ ...change, id: newId(), channel, attempts: 0, nextAttemptAt: clock.now() });
  }

  function pass(): void {
    for (const each of [...going.values()]) {
      const { kind, subjectId } = each.trouble;
      if (isGone(each.trouble)) forget(each.trouble);
      else if (isOver(each)) end(kind, subjectId);
    }
  }

  function isOver({ trouble: { kind, subjectId }, lastBadAt, lastGoodAt }: Going): boolean {
    if (kind === "target_deactivated") return routing.findTarget(subjectId)?.active === true;
    return lastGoodAt >= lastBadAt && clock.monotonic() - lastBadAt >= SETTLED_AFTER_MS;
  }

  function isGone({ kind, subjectId, webhookId }: Trouble): boolean {
    if (findSettings(webhookId)?.on.includes(kind) !== true) return true;
    if (kind === "entrypoint_silent") return routing.findRoute(subjectId)?.active !== true;
    return routing.findTarget(subjectId)?.deleted !== false;
  }

  /**
   * Drops a problem without a notice, because its subject was deleted or disabled or the notice is no longer wanted.
   */
  function forget(trouble: Trouble): void {
    going.delete(keyOf(trouble));
    try {
      queries.record([{ ...trouble, isOver: true, detail: "" }], []);
    } catch (error) {
      log.warn("a resolved problem could not be removed from the notices", { cause: errorMessage(error) });
    }
  }

  return {
    targetGivenUp: ({ webhookId, targetId, reason }) => begin("target_failing", webhookId, targetId, reason),
    transformationFailed: ({ webhookId, targetId, reason }) =>
      begin("transformation_failing", webhookId, targetId, reason),
    targetDelivered({ targetId }) {
      improve("target_failing", targetId);
      improve("transformation_failing", targetId);
    },
    circuitOpened: ({ webhookId, targetId, reason }) =>
      begin("target_circuit_open", webhookId, targetId, reason),
    circuitClosed: ({ targetId }) => improve("target_circuit_open", targetId),
    targetDeactivated: ({ webhookId, targetId, reason }) =>
      begin("target_deactivated", webhookId, targetId, reason),
    entrypointSilent: ({ webhookId, entrypointId, reason }) =>
      begin("entrypoint_silent", webhookId, entrypointId, reason),
    entrypointHeard({ entrypointId, at }) {
      const known = going.get(keyOf({ kind: "entrypoint_silent", subjectId: entrypointId }));
      if (known && at > known.trouble.since) end("entrypoint_silent", entrypointId);
    },
    pass,
    flush,
    findSettings,
    stop() {
      stopTicks();
      unsubscribe();
      flush();
    },
  };
}

function keyOf({ kind, subjectId }: { kind: TroubleKind; subjectId: string }): string {
  return `${kind} ${subjectId}`;
}

export function channelsOf(settings: NoticeSettings | null): readonly NoticeChannel[] {
  if (settings === null) return [];
  return [
    ...(settings.target_id === null ? [] : (["target"] as const)),
    ...(settings.email === null ? [] : (["email"] as const)),
  ];
}
