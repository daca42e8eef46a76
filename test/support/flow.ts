/** How targets are dealt with, for tests in which no engine runs: nothing has failed yet, and nothing is delivered. */
import {
  createFlowControl,
  type FlowControl,
  type TargetFlowView,
} from "../../src/delivery/throttle/flow-control.ts";
import { Flows } from "../../src/delivery/throttle/flows.ts";
import type { Clock } from "../../src/lib/clock.ts";
import type { EventStorage } from "../../src/storage/event-storage.ts";
import { createRecordingLog } from "./recording-log.ts";

/** Over real event files. */
export function createTestFlow(
  { events, flow }: Pick<EventStorage, "events" | "flow">,
  clock: Clock,
): FlowControl {
  const { log } = createRecordingLog();
  const routing = { findTarget: () => null };
  const flows = new Flows({ events, routing, store: flow, clock, log, random: () => 0.5 });
  const engine = {
    async describe(webhookId: string, targetIds: readonly string[]) {
      await flows.load(webhookId);
      return targetIds.map((targetId) => flows.describe(targetId));
    },
    resetCircuit: async () => undefined,
    hurry: () => undefined,
    nudge: () => undefined,
  };
  return createFlowControl({ engine, events, store: flow, clock });
}

export const NOTHING_HELD: TargetFlowView = {
  ...{ held: 0, drain: null, restsUntil: null },
  circuit: { state: "closed", since: null, reason: null, nextProbeAt: null },
};

/** What it says is set by a test, and what it is asked for is kept. */
export function createFakeFlow() {
  const views = new Map<string, TargetFlowView>();
  const calls: string[] = [];
  const flow: FlowControl = {
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
  return { flow, views, calls };
}
