/** How targets are dealt with, for tests in which no engine runs: nothing has failed yet, and nothing is delivered. */
import {
  createThrottleControl,
  type ThrottleControl,
  type ThrottleView,
} from "../../src/delivery/throttle/throttle-control.ts";
import { Throttles } from "../../src/delivery/throttle/throttles.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { EventStorage } from "../../src/storage/event-storage.ts";
import { createRecordingLog } from "./recording-log.ts";

/** Over real event files. */
export function createTestThrottle(
  { events, throttle }: Pick<EventStorage, "events" | "throttle">,
  clock: Clock,
): ThrottleControl {
  const { log } = createRecordingLog();
  const routing = { findTarget: () => null };
  const throttles = new Throttles({ events, routing, store: throttle, clock, log, random: () => 0.5 });
  const engine = {
    async describe(webhookId: string, targetIds: readonly string[]) {
      await throttles.load(webhookId);
      return targetIds.map((targetId) => throttles.describe(targetId));
    },
    resetCircuit: async () => undefined,
    hurry: () => undefined,
    nudge: () => undefined,
  };
  return createThrottleControl({ engine, events, store: throttle, clock });
}

export const NOTHING_HELD: ThrottleView = {
  ...{ held: 0, drain: null, restsUntil: null },
  circuit: { state: "closed", since: null, reason: null, nextProbeAt: null },
};

/** What it says is set by a test, and what it is asked for is kept. */
export function createFakeThrottle() {
  const views = new Map<string, ThrottleView>();
  const calls: string[] = [];
  const throttle: ThrottleControl = {
    read: async (targets) => new Map(targets.map(({ id }) => [id, views.get(id) ?? NOTHING_HELD])),
    async resetCircuit() {
      calls.push("resetCircuit");
    },
    async changed() {
      calls.push("changed");
    },
    hurry: () => calls.push("hurry"),
    async discardHeld({ reason }) {
      calls.push(`discardHeld ${reason}`);
      return 3;
    },
  };
  return { throttle, views, calls };
}
