/** Runs replays of many events from their cursors to the end, in small steps that leave room for live traffic. */
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import { ReplayMemory, type ReplayScan } from "../storage/event-db/replays/replay-memory.ts";
import type { ReplayTarget } from "../storage/event-db/replays/replay-room.ts";
import type { ReplayCount, ReplayRun } from "../storage/event-db/replays/replay-run.ts";
import type { Waits } from "../storage/event-db/replays/replay-step.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import type { ReplayStore } from "../storage/stores/replay-store.ts";
import { createPace, createRests } from "./replay-pace.ts";
import { listenToWebhook, type WakeUp } from "./replay-wake-up.ts";

/** Delay before a file that could not be used is retried. */
const AGAIN_MS = 30_000;
/** Minimum time between two looks for room, while attempts end one after the other. */
const LOOK_MS = 5;

type OfRun = Readonly<{ webhookId: string; id: string }>;

type Walk = {
  readonly wakeUp: WakeUp;
  readonly memory: ReplayMemory;
  isAsked: boolean;
  waits: Waits;
};

const NO_WAITS: Waits = new Map();

export type Counted = Pick<ReplayRun, "targets" | "cursor" | "skipped"> & Readonly<{ matched: ReplayCount }>;

type ReplayWalks = Readonly<{
  /** Begins the run; if it is under way, looks at it again, as somebody changed it. */
  look: (of: OfRun) => void;
  /** The targets that have no room for more, and why. */
  waits: (runId: string) => Waits;
  stop: () => Promise<void>;
}>;

export function createReplayWalks(deps: {
  store: ReplayStore;
  events: Pick<EventStore, "onRecorded">;
  routing: Pick<Routing, "findTarget" | "listTargetIds" | "onInvalidate">;
  /** Counts what a run delivers, and returns what is known of it afterwards. */
  count: (webhookId: string, run: ReplayRun) => Promise<Counted>;
  /** Called when deliveries of the webhook were made due. */
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
    const walk = { wakeUp, memory: new ReplayMemory(), isAsked: true, waits: NO_WAITS };
    walks.set(of.id, walk);
    const work = see(of, walk).finally(() => {
      walk.wakeUp.end();
      walks.delete(of.id);
      running.delete(work);
    });
    running.add(work);
  }

  /** Runs until there is nothing to do and nobody has changed the run meanwhile. */
  async function see(of: OfRun, walk: Walk): Promise<void> {
    while (walk.isAsked && !isStopping) {
      walk.isAsked = false;
      try {
        await count(of);
        await walkOn(of, walk);
      } catch (error) {
        if (error instanceof AppError && error.kind === "not_found") return;
        log.warn("a replay waits until it can continue", { ...namesOf(of), cause: errorMessage(error) });
        await rest(AGAIN_MS);
        walk.isAsked = true;
      }
    }
  }

  async function count(of: OfRun): Promise<void> {
    const run = await store.find(of);
    if (run?.state !== "counting") return;
    const counted = await Promise.race([deps.count(of.webhookId, run), stopped]);
    if (!counted) return;
    await store.change(of, { kind: "start", ...counted }, clock.now());
    const { events, deliveries } = counted.matched;
    log.info("a replay has started", { ...namesOf(of), events, deliveries });
  }

  async function walkOn(of: OfRun, walk: Walk): Promise<void> {
    while (!isStopping) {
      const { run, replayed, waits, isStuck, toScan } = await pace.take(() =>
        store.step(of, {
          targets: listTargets(of),
          memory: walk.memory,
          now: clock.now(),
        }),
      );
      walk.waits = waits;
      if (replayed > 0) deps.onDue(of.webhookId);
      if (run?.state !== "running") return tellEnd(of, run);
      if (toScan !== null) walk.memory.addScan(await scan(of, run, toScan));
      if (isStuck) await waitForRoom(of, walk);
    }
  }

  function scan({ webhookId }: OfRun, run: ReplayRun, after: string): Promise<ReplayScan> {
    const { selection, targetId, onlyMissing, lastEventId } = run;
    return store.scan(webhookId, { order: { selection, targetId, onlyMissing }, after, lastEventId });
  }

  function findTarget({ webhookId }: OfRun, targetId: string): ReplayTarget | null {
    const target = deps.routing.findTarget(targetId);
    if (target === null || target.deleted || target.webhookId !== webhookId) return null;
    const { active, paused, policy } = target;
    // Reads one field and not the whole policy, as this runs for each target of each step.
    const orderBy = typeof policy.order_by === "string" ? policy.order_by : null;
    return { targetId, active, paused, orderBy };
  }

  function listTargets(of: OfRun): readonly ReplayTarget[] {
    return deps.routing.listTargetIds(of.webhookId).flatMap((targetId) => findTarget(of, targetId) ?? []);
  }

  /**
   * Waits until one of the targets can take more or is gone, or somebody changed the run; looks only after a change.
   */
  async function waitForRoom(of: OfRun, walk: Walk): Promise<void> {
    while (!isStopping && !walk.isAsked) {
      await walk.wakeUp.next();
      await rest(LOOK_MS);
      for (const targetId of walk.waits.keys()) if (await canGoOn(of, walk, targetId)) return;
    }
  }

  async function canGoOn(of: OfRun, { memory }: Walk, targetId: string): Promise<boolean> {
    const target = findTarget(of, targetId);
    if (target === null) return true;
    // No look at the file if the answer is known without it.
    if (!target.active || target.paused) return false;
    const given = { backlogs: memory.backlogs, now: clock.now(), findTarget: () => target };
    return store.hasRoom({ webhookId: of.webhookId, targetId }, given);
  }

  function tellEnd(of: OfRun, run: ReplayRun | null): void {
    if (run === null || run.state === "counting") return;
    const { state, replayed, skipped } = run;
    log.info(`a replay is ${state}`, { ...namesOf(of), replayed, skipped });
  }

  return {
    look,
    waits: (runId) => walks.get(runId)?.waits ?? NO_WAITS,
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
