/** Takes replays of many events from where they stand to their end, in small steps that leave room for live traffic. */
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../lib/log.ts";
import type { ReplayCount, ReplayRun } from "../storage/event-db/replay-run.ts";
import type { FindReplayTarget } from "../storage/event-db/replay-step.ts";
import type { EventStore } from "../storage/event-store.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { ReplayStore } from "../storage/replay-store.ts";
import { createPace, createRests } from "./replay-pace.ts";
import { listenToWebhook, type WakeUp } from "./replay-wake-up.ts";

/** A file that could not be used is tried again after this long. */
const AGAIN_MS = 30_000;
/** While tries end one after the other, room is looked for this often at most. */
const LOOK_MS = 5;

type OfRun = Readonly<{ webhookId: string; id: string }>;

type Walk = {
  readonly wakeUp: WakeUp;
  readonly backlogs: Map<string, number>;
  isAsked: boolean;
  waitsFor: string | null;
};

export type ReplayWalks = Readonly<{
  /** Begins the run, or looks at it again where it is under way: somebody changed it. */
  look: (of: OfRun) => void;
  /** The target that has no room for more, while the run waits for that. */
  waitsFor: (runId: string) => string | null;
  stop: () => Promise<void>;
}>;

export function createReplayWalks(deps: {
  store: ReplayStore;
  events: Pick<EventStore, "onRecorded">;
  routing: Pick<Routing, "findTarget" | "onInvalidate">;
  /** Counts what a run takes. */
  count: (webhookId: string, run: ReplayRun) => Promise<ReplayCount>;
  /** Deliveries of the webhook were made due. */
  onDue: (webhookId: string) => void;
  clock: Clock;
  log: Logger;
  rest?: (ms: number) => Promise<void>;
}): ReplayWalks {
  const { store, clock, log } = deps;
  const walks = new Map<string, Walk>();
  const running = new Set<Promise<void>>();
  let isStopping = false;
  let stopWaiting: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => {
    stopWaiting = resolve;
  });
  const rests = createRests(clock);
  const rest = deps.rest ?? rests.rest;
  const pace = createPace({ clock, rest });

  function look(of: OfRun): void {
    const known = walks.get(of.id);
    if (known) {
      known.isAsked = true;
      known.wakeUp.wake();
      return;
    }
    if (isStopping) return;
    const wakeUp = listenToWebhook(of.webhookId, deps);
    const walk = { wakeUp, backlogs: new Map(), isAsked: true, waitsFor: null };
    walks.set(of.id, walk);
    const work = see(of, walk).finally(() => {
      walk.wakeUp.end();
      walks.delete(of.id);
      running.delete(work);
    });
    running.add(work);
  }

  /** Until there is nothing to do, and nobody changed it while that was found. */
  async function see(of: OfRun, walk: Walk): Promise<void> {
    while (walk.isAsked && !isStopping) {
      walk.isAsked = false;
      try {
        await count(of);
        await walkOn(of, walk);
      } catch (error) {
        if (error instanceof AppError && error.kind === "not_found") return;
        log.warn("a replay waits until it can go on", { ...namesOf(of), cause: errorMessage(error) });
        await rest(AGAIN_MS);
        walk.isAsked = true;
      }
    }
  }

  async function count(of: OfRun): Promise<void> {
    const run = await store.find(of);
    if (run?.state !== "counting") return;
    const matched = await Promise.race([deps.count(of.webhookId, run), stopped]);
    if (!matched) return;
    const counted = ({ state }: ReplayRun) =>
      state === "counting" ? ({ matched, state: "running" } as const) : { matched };
    await store.change(of, counted, clock.now());
    log.info("a replay begins", { ...namesOf(of), events: matched.events, deliveries: matched.deliveries });
  }

  async function walkOn(of: OfRun, walk: Walk): Promise<void> {
    while (!isStopping) {
      const { run, replayed, waitsFor } = await pace.take(() =>
        store.step(of, {
          findTarget: (targetId) => findTarget(of, targetId),
          backlogs: walk.backlogs,
          now: clock.now(),
        }),
      );
      if (replayed > 0) deps.onDue(of.webhookId);
      if (run?.state !== "running") return tellEnd(of, run);
      if (waitsFor !== null && replayed === 0) await waitForRoom(of, walk, waitsFor);
    }
  }

  const findTarget = ({ webhookId }: OfRun, targetId: string): ReturnType<FindReplayTarget> => {
    const target = deps.routing.findTarget(targetId);
    if (target === null || target.deleted || target.webhookId !== webhookId) return null;
    const { active, paused, policy } = target;
    // Not the whole policy, as this is asked for each event.
    return { active, paused, orderBy: typeof policy.order_by === "string" ? policy.order_by : null };
  };

  /** Until the target can take more, is gone, or somebody changed the run. Nobody looks while nothing happens. */
  async function waitForRoom(of: OfRun, walk: Walk, targetId: string): Promise<void> {
    walk.waitsFor = targetId;
    while (!isStopping && !walk.isAsked) {
      await walk.wakeUp.next();
      await rest(LOOK_MS);
      const target = findTarget(of, targetId);
      if (target === null) break;
      const given = { backlogs: walk.backlogs, now: clock.now() };
      if (isOpen(target) && (await store.hasRoom({ webhookId: of.webhookId, targetId }, given))) break;
    }
    walk.waitsFor = null;
  }

  function tellEnd(of: OfRun, run: ReplayRun | null): void {
    if (run === null || run.state === "counting") return;
    const { state, replayed, skipped } = run;
    log.info(`a replay is ${state}`, { ...namesOf(of), replayed, skipped });
  }

  return {
    look,
    waitsFor: (runId) => walks.get(runId)?.waitsFor ?? null,
    async stop() {
      isStopping = true;
      stopWaiting();
      rests.end();
      for (const { wakeUp } of walks.values()) wakeUp.wake();
      await Promise.all(running);
    },
  };
}

function namesOf({ webhookId, id }: OfRun) {
  return { webhook_id: webhookId, replay_id: id };
}

function isOpen(target: Readonly<{ active: boolean; paused: boolean }>): boolean {
  return target.active && !target.paused;
}
