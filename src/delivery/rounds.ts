/** Runs the passes in which nudged webhooks are looked into and ready queues have their turns. */
import type { Clock } from "../lib/clock.ts";
import type { Lookups } from "./lookups.ts";
import { createPasses } from "./passes.ts";
import type { TargetQueues } from "./target-queue.ts";
import type { Turns } from "./turn.ts";

/** Turns and nudged webhooks in one pass; then the event loop goes round, as each may open a file, which takes 1 ms. */
const PASS = 32;
/** Ends a pass sooner where its turns take longer than this together: one with many deliveries takes 3 ms. */
const PASS_MS = 5;
/** While nothing may be attempted, looks this often whether that has ended. */
const HINDERED_MS = 200;

export type Rounds = Readonly<{
  /** A pass is to come, because something may be ready. */
  ask: () => void;
  /** The same, and starved queues have a turn in it. */
  wake: () => void;
  /** Begins; what was asked for before is done now. */
  start: () => void;
  /** Begins no more turns; resolves when the one under way has ended. */
  stop: () => Promise<void>;
}>;

export function createRounds(deps: {
  clock: Clock;
  queues: TargetQueues;
  lookups: Lookups;
  turns: Pick<Turns, "take" | "rest" | "launch">;
  /** Event files that may be open at once; undefined: as many as are of use. */
  openFiles: number | undefined;
  /** False while nothing may be attempted. */
  mayAttempt: () => boolean;
  /** A webhook's file, or a target's row, could not be read. */
  onFault: (webhookId: string, error: unknown) => void;
  /** Called at the end of each pass. */
  onPassed: () => void;
}): Rounds {
  const { clock, queues, lookups, turns, mayAttempt } = deps;
  // Each file is needed several times on the way of a delivery: were more looked into, they would close each other.
  const mostFiles = Math.min(PASS, Math.floor((deps.openFiles ?? 2 * PASS) / 2));
  const passes = createPasses(pass);
  let hasFreeSlots = false;
  let isStarted = false;
  let isStopping = false;
  let isHindered = false;

  async function pass(): Promise<void> {
    if (!isStarted) return;
    if (!mayAttempt()) return wait();
    await lookups.lookInto(mostFiles);
    if (hasFreeSlots) queues.wakeStarved();
    hasFreeSlots = false;
    const until = clock.monotonic() + PASS_MS;
    await takeTurns(until);
    turns.launch(until);
    if (queues.hasReady || lookups.nudged.size > 0) passes.ask();
    deps.onPassed();
  }

  function wait(): void {
    if (isHindered) return;
    isHindered = true;
    clock.after(HINDERED_MS, () => {
      isHindered = false;
      passes.ask();
    });
  }

  async function takeTurns(until: number): Promise<void> {
    for (let turn = 0; turn < mostFiles && !isStopping && clock.monotonic() < until; turn++) {
      const queue = queues.next();
      if (!queue) return;
      try {
        await turns.take(queue);
      } catch (error) {
        deps.onFault(queue.webhookId, error);
        turns.rest(queue, null);
      }
    }
  }

  return {
    ask: passes.ask,
    wake() {
      hasFreeSlots = true;
      passes.ask();
    },
    start() {
      isStarted = true;
      passes.ask();
    },
    stop() {
      isStopping = true;
      return passes.stop();
    },
  };
}
