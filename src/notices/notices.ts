/**
 * Tracks the problems of all webhooks, records each once, and has those owners notified that want to be. Repeated reports
 * of the same problem, delivery by delivery, are absorbed, also across restarts.
 */
import { type Clock, DAY_MS } from "../lib/clock.ts";
import { errorMessage } from "../lib/errors.ts";
import { every } from "../lib/every.ts";
import { newIdAt } from "../lib/ids.ts";
import type { Logger } from "../observability/log.ts";
import { type NoticeSettings, PROBLEM_SUBJECTS, type ProblemKind } from "../settings/notice-settings.ts";
import { readWebhookSettings } from "../settings/webhook-settings.ts";
import type { EntrypointQueries } from "../storage/main-db/entrypoints.ts";
import type { Problem, ProblemQueries } from "../storage/main-db/problems.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";
import { createProblemJournal } from "./problem-journal.ts";

/**
 * A target that alternately fails and succeeds has one problem, which is over when nothing has failed for this long.
 */
const SETTLED_AFTER_MS = 5 * 60_000;
const TICK_MS = 60_000;
const NEVER = Number.NEGATIVE_INFINITY;
/** Problems that are over are kept this long, and at most so many of a webhook. */
const KEPT_MS = 90 * DAY_MS;
const KEPT_OF_WEBHOOK = 1_000;
/** Rows deleted at a tick, and webhooks looked at. */
const PRUNE_STEP = 500;
const WEBHOOKS_PER_TICK = 20;

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

/**
 * Reports from the rest of the gateway. Every call returns immediately, writes nothing itself, and costs one map
 * look-up if the subject has no problem, so it can be made for every delivery.
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
  /** An entrypoint refused many requests in a row. */
  entrypointRefusing: (of: Readonly<{ webhookId: string; entrypointId: string; reason: string }>) => void;
  /** An entrypoint accepted a request after refused ones; ends a row of refusals. */
  entrypointAccepted: (of: Readonly<{ entrypointId: string }>) => void;
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
    /** The entrypoints that have a problem of this kind. */
    listSubjects: (kind: ProblemKind) => readonly string[];
    stop: () => void;
  }>;

type Going = { problem: Problem; lastBadAt: number; lastGoodAt: number };
type Of = Readonly<{ kind: ProblemKind; subjectId: string }>;

export function createNotices(deps: {
  queries: Pick<ProblemQueries, "listOpen" | "record" | "prune" | "pruneWebhook">;
  webhooks: Pick<WebhookQueries, "find">;
  entrypoints: Pick<EntrypointQueries, "find">;
  routing: Pick<Routing, "findTarget" | "findRoute" | "onInvalidate">;
  clock: Clock;
  log: Logger;
  /** Called when there are new notices to send. */
  onNotice: () => void;
}): NoticeKeeper {
  const { queries, webhooks, entrypoints, routing, clock, log } = deps;
  /** By subject: most deliveries are of targets that are not in it. */
  const going = new Map<string, Map<ProblemKind, Going>>();
  const settings = new Map<string, NoticeSettings | null>();
  /** Webhooks of which a problem was over lately. */
  const ended = new Set<string>();
  const journal = createProblemJournal({ ...deps, findSettings });
  const unsubscribe = routing.onInvalidate((webhookId) => settings.delete(webhookId));
  const stopTicks = every(clock, TICK_MS, pass);
  for (const problem of queries.listOpen()) keep(problem);

  function keep(problem: Problem): void {
    const { kind, subjectId } = problem;
    const of = going.get(subjectId) ?? new Map<ProblemKind, Going>();
    going.set(subjectId, of.set(kind, { problem, lastBadAt: clock.monotonic(), lastGoodAt: NEVER }));
  }

  function find({ kind, subjectId }: Of): Going | undefined {
    return going.get(subjectId)?.get(kind);
  }

  function findSettings(webhookId: string): NoticeSettings | null {
    let known = settings.get(webhookId);
    if (known === undefined) {
      known = readWebhookSettings(webhooks.find(webhookId)?.settings).notices;
      settings.set(webhookId, known);
    }
    return known;
  }

  function begin(of: Of & Readonly<{ webhookId: string; detail: string }>): void {
    const known = find(of);
    if (known) {
      known.lastBadAt = clock.monotonic();
      known.lastGoodAt = NEVER;
      if (!known.problem.isTold && journal.isWanted(known.problem)) tellNow(known);
      return;
    }
    const since = clock.now();
    const problem: Problem = {
      ...of,
      id: newIdAt(since),
      subjectName: nameOf(of),
      since,
      isTold: journal.isWanted(of),
      overAt: null,
      acknowledgement: null,
    };
    keep(problem);
    journal.write({ change: "begun", problem });
  }

  /** Notices were enabled after the problem began. */
  function tellNow(known: Going): void {
    known.problem = { ...known.problem, isTold: true };
    journal.write({ change: "told", problem: known.problem });
  }

  function nameOf({ kind, subjectId, webhookId }: Of & { webhookId: string }): string {
    const found =
      PROBLEM_SUBJECTS[kind] === "entrypoint"
        ? entrypoints.find({ id: subjectId, webhookId })
        : routing.findTarget(subjectId);
    return found?.name ?? subjectId;
  }

  /** `isQuiet`: without a notice. */
  function end(of: Of, options: { isQuiet?: boolean } = {}): void {
    const known = find(of);
    if (!known) return;
    const { kind, subjectId } = of;
    going.get(subjectId)?.delete(kind);
    if (going.get(subjectId)?.size === 0) going.delete(subjectId);
    ended.add(known.problem.webhookId);
    journal.write({ change: "over", problem: known.problem, at: clock.now() }, options);
  }

  /** Marks a problem as possibly over: it is if nothing bad follows for a while. */
  function improve(of: Of): void {
    const known = find(of);
    if (known) known.lastGoodAt = clock.monotonic();
  }

  function pass(): void {
    for (const each of [...going.values()].flatMap((of) => [...of.values()])) {
      // Its subject was deleted or disabled: nobody needs to be told that it is over.
      if (isGone(each.problem)) end(each.problem, { isQuiet: true });
      else if (isOver(each)) end(each.problem);
    }
    prune();
  }

  function prune(): void {
    try {
      queries.prune({ before: clock.now() - KEPT_MS, limit: PRUNE_STEP });
      for (const webhookId of [...ended].slice(0, WEBHOOKS_PER_TICK)) {
        ended.delete(webhookId);
        queries.pruneWebhook({ webhookId, kept: KEPT_OF_WEBHOOK });
      }
    } catch (error) {
      log.warn("past problems could not be deleted", { cause: errorMessage(error) });
    }
  }

  function isOver({ problem: { kind, subjectId }, lastBadAt, lastGoodAt }: Going): boolean {
    if (kind === "target_deactivated") return routing.findTarget(subjectId)?.active === true;
    return lastGoodAt >= lastBadAt && clock.monotonic() - lastBadAt >= SETTLED_AFTER_MS;
  }

  function isGone({ kind, subjectId }: Problem): boolean {
    if (PROBLEM_SUBJECTS[kind] === "entrypoint") return routing.findRoute(subjectId)?.active !== true;
    return routing.findTarget(subjectId)?.deleted !== false;
  }

  const ofTarget =
    (kind: ProblemKind) =>
    ({ webhookId, targetId: subjectId, reason: detail }: OfTarget & Readonly<{ reason: string }>) =>
      begin({ kind, webhookId, subjectId, detail });

  const ofEntrypoint =
    (kind: ProblemKind) =>
    ({ webhookId, entrypointId: subjectId, reason: detail }: Parameters<Notices["entrypointSilent"]>[0]) =>
      begin({ kind, webhookId, subjectId, detail });

  return {
    targetGivenUp: ofTarget("target_failing"),
    transformationFailed: ofTarget("transformation_failing"),
    targetDelivered({ targetId: subjectId }) {
      if (!going.has(subjectId)) return;
      improve({ kind: "target_failing", subjectId });
      improve({ kind: "transformation_failing", subjectId });
    },
    circuitOpened: ofTarget("target_circuit_open"),
    circuitClosed: ({ targetId: subjectId }) => improve({ kind: "target_circuit_open", subjectId }),
    targetDeactivated: ofTarget("target_deactivated"),
    entrypointSilent: ofEntrypoint("entrypoint_silent"),
    entrypointRefusing: ofEntrypoint("entrypoint_refusing"),
    entrypointAccepted: ({ entrypointId: subjectId }) => end({ kind: "entrypoint_refusing", subjectId }),
    entrypointHeard({ entrypointId: subjectId, at }) {
      const known = find({ kind: "entrypoint_silent", subjectId });
      if (known && at > known.problem.since) end(known.problem);
    },
    pass,
    flush: journal.flush,
    findSettings,
    listSubjects: (kind) => [...going].flatMap(([subjectId, of]) => (of.has(kind) ? [subjectId] : [])),
    stop() {
      stopTicks();
      unsubscribe();
      journal.flush();
    },
  };
}
