/** A stand-in for the control of targets: states that a test sets, and a record of what was called. */
import type { ThrottleControl, ThrottleView } from "../../src/delivery/throttle/throttle-control.ts";

export const NOTHING_HELD: ThrottleView = {
  held: 0,
  drain: null,
  pull: null,
  restsUntil: null,
  circuit: { state: "closed", since: null, reason: null, nextProbeAt: null },
};

/** Targets without a state in `views` have nothing held; `calls` records every change asked for. */
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
