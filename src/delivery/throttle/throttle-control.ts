/** Targets' throttles as people and programs see them, and actions on them. */

import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import type { ThrottleStore } from "../../storage/stores/throttle-store.ts";
import type { StoredDeliveryPolicy } from "../../targets/delivery-policy.ts";
import { PULL_TYPE } from "../../targets/pull/pull-target.ts";
import type { Presence } from "../../targets/pull/pulls.ts";
import { toThrottlePolicy } from "../../targets/throttle-policy.ts";
import type { DeliveryEngine } from "../engine.ts";
import type { ThrottleState } from "./throttles.ts";

type SeenTarget = Readonly<{
  id: string;
  webhookId: string;
  type: string;
  active: boolean;
  pausedAt: number | null;
  policy: StoredDeliveryPolicy;
}>;

export type ThrottleView = Readonly<{
  /** Deliveries on hold during a pause, or waiting to be released after it. */
  held: number;
  /** How held deliveries are being released; null where none are. */
  drain: Readonly<{ perSecond: number; estimateMs: number }> | null;
  /** Who fetches the deliveries; null for a type that sends them. */
  pull: Presence | null;
}> &
  Pick<ThrottleState, "circuit" | "restsUntil">;

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

/** The caller has checked that the webhook is the user's. */
export type ThrottleControl = Readonly<{
  /** The throttles of one webhook's targets, by target; empty where its file cannot be used. */
  read: (targets: readonly SeenTarget[]) => Promise<ReadonlyMap<string, ThrottleView>>;
  /** Forgets the target's failures, so that it is attempted at once. */
  resetCircuit: (of: OfTarget) => Promise<void>;
  /** Does the same after a change of settings, with which the target may work now. Never rejects. */
  changed: (of: OfTarget) => Promise<void>;
  /** Releases the held deliveries of a target that is not paused as fast as it takes them, not at a rising rate. */
  hurry: (of: OfTarget) => void;
  /** Discards held deliveries, with the reason; returns how many. */
  discardHeld: (of: OfTarget & Readonly<{ reason?: string | undefined }>) => Promise<number>;
}>;

export function createThrottleControl(deps: {
  engine: Pick<DeliveryEngine, "describe" | "resetCircuit" | "hurry" | "nudge">;
  events: Pick<EventStore, "targetOverviews">;
  store: Pick<ThrottleStore, "discardHeld">;
  presence: (targetId: string) => Presence;
  clock: Clock;
}): ThrottleControl {
  const { engine, events, store, presence, clock } = deps;

  async function readUsable(webhookId: string, targets: readonly SeenTarget[]) {
    const ids = targets.map(({ id }) => id);
    const [overviews, states] = await Promise.all([
      events.targetOverviews(webhookId),
      engine.describe(webhookId, ids),
    ]);
    const seen = new Map<string, ThrottleView>();
    for (const [index, target] of targets.entries()) {
      const state = states[index];
      const held = overviews.get(target.id)?.counts.held ?? 0;
      const pull = target.type === PULL_TYPE ? presence(target.id) : null;
      if (state) seen.set(target.id, { ...view(target, state, held), pull });
    }
    return seen;
  }

  return {
    async read(targets) {
      const [first] = targets;
      if (!first) return new Map();
      try {
        return await readUsable(first.webhookId, targets);
      } catch (error) {
        if (error instanceof AppError && error.kind === "unavailable") return new Map();
        throw error;
      }
    },
    resetCircuit: (of) => engine.resetCircuit(of),
    changed: (of) => engine.resetCircuit(of).catch(() => undefined),
    hurry: (of) => engine.hurry(of),
    async discardHeld({ reason, ...of }) {
      const why = reason === undefined ? "." : `: ${reason}`;
      const given = { ...of, reason: `Discarded manually while on hold${why}`, now: clock.now() };
      const discarded = await store.discardHeld(given);
      // A delivery that waited behind one of them in its lane may be due now.
      engine.nudge(of.webhookId);
      return discarded;
    },
  };
}

function view(
  target: SeenTarget,
  { circuit, restsUntil, drain }: ThrottleState,
  held: number,
): Omit<ThrottleView, "pull"> {
  const isDraining = held > 0 && target.active && target.pausedAt === null;
  return {
    held,
    circuit,
    restsUntil,
    drain: isDraining ? drain(held, toThrottlePolicy(target.policy)) : null,
  };
}
