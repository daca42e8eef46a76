/** Moves due times when the wall clock, by which they were written, was set back. */
import type { Clock } from "../lib/clock.ts";
import { createClockJumpDetector } from "../lib/clock-jump.ts";
import type { Logger } from "../observability/log.ts";
import type { EventStore } from "../storage/stores/event-store.ts";

export type DueTimeShifts = Readonly<{
  /** The clock was set by `deltaMs`. After a move forward, due times simply come sooner: one attempt per delivery. */
  note: (deltaMs: number, webhookIds: Iterable<string>) => void;
  /** Moves the webhook's due times by what was noted for it. Rejects while its file cannot be used; the note stays. */
  apply: (webhookId: string) => Promise<void>;
}>;

export function createDueTimeShifts(deps: { events: EventStore; clock: Clock }): DueTimeShifts {
  const { events, clock } = deps;
  const noted = new Map<string, number>();

  function add(webhookId: string, deltaMs: number): void {
    const sum = (noted.get(webhookId) ?? 0) + deltaMs;
    if (sum < 0) noted.set(webhookId, sum);
    else noted.delete(webhookId);
  }

  return {
    note(deltaMs, webhookIds) {
      for (const webhookId of new Set(deltaMs < 0 ? webhookIds : noted.keys())) add(webhookId, deltaMs);
    },
    async apply(webhookId) {
      const deltaMs = noted.get(webhookId);
      if (deltaMs === undefined) return;
      for (const targetId of await events.listPendingTargets(webhookId)) {
        await events.shiftDue({ webhookId, targetId, after: clock.now(), deltaMs });
      }
      noted.delete(webhookId);
    },
  };
}

/** Returns a function, to be called now and then, that moves the webhooks' due times where the clock was set. */
export function createClockFollower(deps: {
  clock: Clock;
  log: Logger;
  dueTimeShifts: Pick<DueTimeShifts, "note">;
  nudge: (webhookId: string) => void;
}): (listWebhookIds: () => ReadonlySet<string>) => void {
  const { clock, log, dueTimeShifts, nudge } = deps;
  const clockJump = createClockJumpDetector(clock);
  return (listWebhookIds) => {
    const jumpMs = clockJump();
    if (jumpMs === 0) return;
    log.warn("the system clock was changed; due times were adjusted", { jump_ms: jumpMs });
    const webhookIds = listWebhookIds();
    dueTimeShifts.note(jumpMs, webhookIds);
    if (jumpMs < 0) for (const webhookId of webhookIds) nudge(webhookId);
  };
}
