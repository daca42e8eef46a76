/** Replays of many events: count one before it starts, begin, list, pause, resume and cancel it. */
import type { Clock } from "../lib/clock.ts";
import { errorMessage, notFound } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { Logger } from "../observability/log.ts";
import type { ReplayChange } from "../storage/event-db/replays/replay-change.ts";
import type { WaitReason } from "../storage/event-db/replays/replay-room.ts";
import type { ReplayCount, ReplayOrder, ReplayRun } from "../storage/event-db/replays/replay-run.ts";
import { newReplayTarget, type ReplayRunTarget } from "../storage/event-db/replays/replay-target.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { ReplayStore } from "../storage/stores/replay-store.ts";
import { busy, refusalError, tooMany } from "./replay-refusals.ts";
import { type Counted, createReplayWalks } from "./replay-walk.ts";

/** Time limit of a count that somebody waits for. */
const ASKED_COUNT_MS = 3_000;
/** Number of such counts at once, each of which has a thread; the next one is refused as busy. */
const MOST_ASKED = 4;
/** Time limit of a count that nobody waits for. */
const RUN_COUNT_MS = 30_000;
/** Files looked through at a time after a start. */
const START_STEP = 500;

export type SeenTarget = ReplayRunTarget &
  Readonly<{
    /** Why the target gets nothing more for now; null if it waits for nothing, or the replay is not running. */
    waitsFor: WaitReason | null;
  }>;

export type SeenReplay = Omit<ReplayRun, "targets"> & Readonly<{ targets: readonly SeenTarget[] }>;

type OfRun = Readonly<{ webhookId: string; id: string }>;

/**
 * The caller must have checked that the webhook is the user's. Rejects with AppError `not_found` for anything that does
 * not exist.
 */
export type ReplayRuns = Readonly<{
  /**
   * Counts off the main thread what a replay would deliver now; after a few seconds the count is a minimum. Rejects
   * with AppError `unavailable` while too many others are being counted.
   */
  count: (webhookId: string, order: ReplayOrder) => Promise<ReplayCount>;
  /** Rejects as `count` and `begin` would for an unknown target and an unusable event file, without their work. */
  check: (webhookId: string, order: ReplayOrder) => Promise<void>;
  begin: (webhookId: string, order: ReplayOrder & Readonly<{ askedBy: string }>) => Promise<SeenReplay>;
  /** Newest first; ended ones are kept for a while. */
  list: (webhookId: string) => Promise<readonly SeenReplay[]>;
  get: (of: OfRun) => Promise<SeenReplay>;
  /** `pause`, `resume` and `cancel` reject with AppError `conflict` if the replay has ended. */
  pause: (of: OfRun) => Promise<SeenReplay>;
  resume: (of: OfRun) => Promise<SeenReplay>;
  /** Deliveries that are already due are still attempted. */
  cancel: (of: OfRun) => Promise<SeenReplay>;
  /**
   * Continues the replay without the target; deliveries already due to it are still attempted. Also rejects with
   * AppError `conflict` for a replay to one target, which can be cancelled.
   */
  removeTarget: (of: OfRun & Readonly<{ targetId: string }>) => Promise<SeenReplay>;
  /** Continues what an earlier process left; resolves when all files were looked through. */
  start: (webhookIds: readonly string[]) => Promise<void>;
  /** Stops after the steps under way; the next start does the rest. */
  stop: () => Promise<void>;
}>;

export function createReplayRuns(deps: {
  store: ReplayStore;
  events: Pick<EventStore, "onRecorded">;
  routing: Pick<Routing, "findTarget" | "listTargetIds" | "onInvalidate">;
  /** Called when deliveries of the webhook were made due. */
  onDue: (webhookId: string) => void;
  clock: Clock;
  log: Logger;
  rest?: (ms: number) => Promise<void>;
}): ReplayRuns {
  const { store, routing, clock, log } = deps;
  const walks = createReplayWalks({
    ...deps,
    count: countRun,
  });
  let isStopping = false;
  let asked = 0;

  const isThere = (webhookId: string, targetId: string) => {
    const target = routing.findTarget(targetId);
    return target !== null && !target.deleted && target.webhookId === webhookId;
  };

  async function countUpTo(
    webhookId: string,
    wanted: ReplayOrder & Readonly<{ lastEventId: string | null; limitMs: number }>,
  ) {
    const { selection, targetId, onlyMissing, lastEventId, limitMs } = wanted;
    const order = { selection, targetId, onlyMissing };
    const { deliveries: counts, ...count } = await store.count(webhookId, { order, lastEventId, limitMs });
    const byTarget = counts.filter(([id]) => isThere(webhookId, id));
    const deliveries = sumOf(byTarget);
    return { count: { ...count, deliveries }, byTarget, toDeleted: sumOf(counts) - deliveries };
  }

  async function countRun(webhookId: string, run: ReplayRun): Promise<Counted> {
    const counted = await countUpTo(webhookId, { ...run, limitMs: RUN_COUNT_MS });
    const { count: matched, byTarget, toDeleted } = counted;
    const { cursor } = run;
    const targets = byTarget.map(([targetId, of]) => newReplayTarget({ targetId, cursor, matched: of }));
    // If all targets are known, none are searched for on the way.
    const isKnown = matched.isExact && run.targetId === null;
    return {
      matched,
      targets,
      ...(isKnown ? { cursor: run.lastEventId, skipped: toDeleted } : { cursor, skipped: run.skipped }),
    };
  }

  function requireTarget(webhookId: string, { targetId }: ReplayOrder): void {
    if (targetId !== null && !isThere(webhookId, targetId)) throw notFound("target");
  }

  function seen(run: ReplayRun): SeenReplay {
    const waits = walks.waits(run.id);
    const waitsOf = ({ targetId, state }: ReplayRunTarget) =>
      run.state === "running" && state === "running" ? (waits.get(targetId) ?? null) : null;
    return { ...run, targets: run.targets.map((target) => ({ ...target, waitsFor: waitsOf(target) })) };
  }

  async function change(of: OfRun, change: ReplayChange): Promise<SeenReplay> {
    const { run, refusal } = await store.change(of, change, clock.now());
    if (!run) throw notFound("replay");
    if (refusal !== null) throw refusalError(refusal, run);
    walks.look(of);
    return seen(run);
  }

  async function findUnfinished(webhookIds: readonly string[]): Promise<readonly string[]> {
    try {
      return await store.findUnfinished(webhookIds);
    } catch (error) {
      log.warn("event files could not be looked through for replays, so each is opened", {
        cause: errorMessage(error),
      });
      return webhookIds;
    }
  }

  async function resumeAll(webhookId: string): Promise<void> {
    try {
      for (const { id, state } of await store.list(webhookId)) {
        if (state === "counting" || state === "running") walks.look({ webhookId, id });
      }
    } catch (error) {
      log.error("a webhook's replays cannot continue", { webhook_id: webhookId, cause: errorMessage(error) });
    }
  }

  return {
    async count(webhookId, order) {
      requireTarget(webhookId, order);
      if (asked >= MOST_ASKED) throw busy({ retryAfterSeconds: ASKED_COUNT_MS / 1_000 });
      asked++;
      try {
        const asking = { ...order, lastEventId: null, limitMs: ASKED_COUNT_MS };
        return (await countUpTo(webhookId, asking)).count;
      } finally {
        asked--;
      }
    },
    async check(webhookId, order) {
      requireTarget(webhookId, order);
      await store.list(webhookId);
    },
    async begin(webhookId, order) {
      requireTarget(webhookId, order);
      const id = newId();
      const run = await store.insert(webhookId, { ...order, id, now: clock.now() });
      if (!run) throw tooMany();
      walks.look({ webhookId, id });
      return seen(run);
    },
    list: async (webhookId) => (await store.list(webhookId)).map(seen),
    async get(of) {
      const run = await store.find(of);
      if (!run) throw notFound("replay");
      return seen(run);
    },
    pause: (of) => change(of, { kind: "pause" }),
    resume: (of) => change(of, { kind: "resume" }),
    cancel: (of) => change(of, { kind: "cancel" }),
    removeTarget: ({ targetId, ...of }) =>
      change(of, { kind: "removeTarget", targetId, isThere: isThere(of.webhookId, targetId) }),
    async start(webhookIds) {
      for (let from = 0; from < webhookIds.length && !isStopping; from += START_STEP) {
        for (const webhookId of await findUnfinished(webhookIds.slice(from, from + START_STEP))) {
          await resumeAll(webhookId);
        }
      }
    },
    async stop() {
      isStopping = true;
      await walks.stop();
    },
  };
}

function sumOf(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((sum, [, count]) => sum + count, 0);
}
