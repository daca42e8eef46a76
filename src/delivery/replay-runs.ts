/** Replays of many events: counting what one would take, beginning it, looking at it, pausing and ending it. */
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage, notFound } from "../lib/errors.ts";
import { newId } from "../lib/ids.ts";
import type { Logger } from "../lib/log.ts";
import {
  MOST_UNFINISHED_REPLAYS,
  type ReplayCount,
  type ReplayOrder,
  type ReplayRun,
  type ReplayState,
} from "../storage/event-db/replay-run.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { ReplayChange, ReplayStore } from "../storage/replay-store.ts";
import { createReplayWalks } from "./replay-walk.ts";

/** Somebody waits for the answer. */
const ASKED_COUNT_MS = 3_000;
/** Such counts at once, each of which has a thread; whoever asks for more is asked to wait. */
const MOST_ASKED = 4;
/** Nobody does. */
const RUN_COUNT_MS = 30_000;
/** Files looked through at a time after a start. */
const START_STEP = 500;

export type SeenReplay = ReplayRun &
  Readonly<{
    /** The target that it waits for: one that is paused, or has enough to do. */
    waitsFor: string | null;
  }>;

type OfRun = Readonly<{ webhookId: string; id: string }>;

/** The caller has checked that the webhook is the user's. What is not there rejects with AppError `not_found`. */
export type ReplayRuns = Readonly<{
  /**
   * What a replay would take now, counted off the main thread; after a few seconds it is "at least so many". Rejects
   * with AppError `unavailable` while too many others are being counted.
   */
  count: (webhookId: string, order: ReplayOrder) => Promise<ReplayCount>;
  begin: (webhookId: string, order: ReplayOrder & Readonly<{ askedBy: string }>) => Promise<SeenReplay>;
  /** Newest first; ended ones are kept for a while. */
  list: (webhookId: string) => Promise<readonly SeenReplay[]>;
  get: (of: OfRun) => Promise<SeenReplay>;
  /** These three reject with AppError `conflict` for one that has ended. */
  pause: (of: OfRun) => Promise<SeenReplay>;
  resume: (of: OfRun) => Promise<SeenReplay>;
  /** What is due already is still delivered. */
  cancel: (of: OfRun) => Promise<SeenReplay>;
  /** Goes on with what an earlier process left; resolves when all files were looked through. */
  start: (webhookIds: readonly string[]) => Promise<void>;
  /** Ends after the steps under way; the rest is done after the next start. */
  stop: () => Promise<void>;
}>;

export function createReplayRuns(deps: {
  store: ReplayStore;
  events: Pick<EventStore, "onRecorded">;
  routing: Pick<Routing, "findTarget" | "onInvalidate">;
  /** Deliveries of the webhook were made due. */
  onDue: (webhookId: string) => void;
  clock: Clock;
  log: Logger;
  rest?: (ms: number) => Promise<void>;
}): ReplayRuns {
  const { store, routing, clock, log } = deps;
  const walks = createReplayWalks({
    ...deps,
    count: (webhookId, run) => countUpTo(webhookId, { ...run, limitMs: RUN_COUNT_MS }),
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
  ): Promise<ReplayCount> {
    const { selection, targetId, onlyMissing, lastEventId, limitMs } = wanted;
    const order = { selection, targetId, onlyMissing };
    const { events, deliveries, isExact } = await store.count(webhookId, { order, lastEventId, limitMs });
    const present = deliveries.filter(([id]) => isThere(webhookId, id));
    return { events, deliveries: present.reduce((sum, [, count]) => sum + count, 0), isExact };
  }

  function requireTarget(webhookId: string, { targetId }: ReplayOrder): void {
    if (targetId !== null && !isThere(webhookId, targetId)) throw notFound("target");
  }

  const seen = (run: ReplayRun): SeenReplay => ({ ...run, waitsFor: walks.waitsFor(run.id) });

  async function change(of: OfRun, next: (run: ReplayRun) => ReplayState): Promise<SeenReplay> {
    let hadEnded = false;
    const apply = (run: ReplayRun): ReplayChange => {
      hadEnded = run.state === "done" || run.state === "cancelled";
      return hadEnded ? {} : { state: next(run) };
    };
    const run = await store.change(of, apply, clock.now());
    if (!run) throw notFound("replay");
    if (hadEnded) throw ended(run);
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
      log.error("a webhook's replays cannot go on", { webhook_id: webhookId, cause: errorMessage(error) });
    }
  }

  return {
    async count(webhookId, order) {
      requireTarget(webhookId, order);
      if (asked >= MOST_ASKED) throw busy();
      asked++;
      try {
        return await countUpTo(webhookId, { ...order, lastEventId: null, limitMs: ASKED_COUNT_MS });
      } finally {
        asked--;
      }
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
    pause: (of) => change(of, () => "paused"),
    resume: (of) => change(of, resumed),
    cancel: (of) => change(of, () => "cancelled"),
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

function resumed({ state, matched }: ReplayRun): ReplayState {
  if (state !== "paused") return state;
  return matched === null ? "counting" : "running";
}

function ended({ state }: ReplayRun): AppError {
  return new AppError({
    kind: "conflict",
    code: "replay_ended",
    message: `This replay is ${state}.`,
    hint: "Begin another one.",
  });
}

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Other replays are being counted.",
    hint: "Try again when they are done.",
    retryAfterSeconds: ASKED_COUNT_MS / 1_000,
  });
}

function tooMany(): AppError {
  return new AppError({
    kind: "conflict",
    code: "too_many_replays",
    message: `This webhook has ${MOST_UNFINISHED_REPLAYS} replays that have not ended.`,
    hint: "Wait until one of them is done, or cancel one.",
  });
}
