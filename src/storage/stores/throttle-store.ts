/**
 * Changes that pauses and circuit breakers make to event files: in bounded steps, each in a transaction that is due
 * anyway.
 */
import type { OpenCircuit } from "../event-db/deliveries/open-circuits.ts";
import type { EventWriter } from "../writer/event-writer.ts";

/** Deliveries changed in one transaction, so that a long backlog never blocks the event loop. */
const STEP = 500;

type OfTarget = Readonly<{ webhookId: string; targetId: string; now: number }>;

/** Every call rejects with AppError if the webhook's file cannot be used. */
export type ThrottleStore = Readonly<{
  /** Makes every pending delivery of the target held; returns their number. */
  holdPending: (of: OfTarget) => Promise<number>;
  /** Makes up to `limit` held deliveries due, those of the oldest events first; returns their number. */
  releaseHeld: (of: OfTarget & Readonly<{ limit: number }>) => Promise<number>;
  /** Discards the held deliveries with the reason; resolves once that is on disk. */
  discardHeld: (of: OfTarget & Readonly<{ reason: string }>) => Promise<number>;
  /** Stores the open circuit; null deletes it, as the circuit is closed. */
  writeCircuit: (of: { webhookId: string; targetId: string; circuit: OpenCircuit | null }) => Promise<void>;
}>;

export function createThrottleStore({ writer }: { writer: Pick<EventWriter, "run"> }): ThrottleStore {
  async function inSteps(limit: number, step: (limit: number) => Promise<number>): Promise<number> {
    let sum = 0;
    for (;;) {
      const most = Math.min(STEP, limit - sum);
      const count = await step(most);
      sum += count;
      if (count < most || sum >= limit) return sum;
    }
  }

  return {
    holdPending: ({ webhookId, ...of }) =>
      inSteps(Number.POSITIVE_INFINITY, (limit) =>
        writer.run(webhookId, { name: "holdPending", ...of, limit }),
      ),
    releaseHeld: ({ webhookId, limit: most, ...of }) =>
      inSteps(most, (limit) => writer.run(webhookId, { name: "releaseHeld", ...of, limit })),
    discardHeld: ({ webhookId, ...of }) =>
      inSteps(Number.POSITIVE_INFINITY, (limit) =>
        writer.run(webhookId, { name: "discardHeld", ...of, limit }),
      ),
    writeCircuit: ({ webhookId, ...of }) => writer.run(webhookId, { name: "writeCircuit", ...of }),
  };
}
