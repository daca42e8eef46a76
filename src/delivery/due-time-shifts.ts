/** Moves due times when the wall clock, by which they were written, was set back. */
import type { Clock } from "../lib/clock.ts";
import { createClockJumpDetector } from "../lib/clock-jump.ts";
import type { Logger } from "../observability/log.ts";
import type { EventStore } from "../storage/stores/event-store.ts";

export type DueTimeShifts = Readonly<{
  /** The clock was set by `deltaMs`. After a move forward, due times simply come sooner: one attempt per delivery. */
  note: (deltaMs: number, webhookIds: Iterable<string>) => void;
  /** The process starts with these webhooks' deliveries, of a time when the clock may have been another one. */
  begin: (webhookIds: Iterable<string>) => void;
  /** Moves the webhook's due times by what was noted for it. Rejects while its file cannot be used; the note stays. */
  apply: (webhookId: string) => Promise<void>;
}>;

/** Clocks of machines, and of a cluster's nodes, differ by less. */
const LARGEST_DRIFT_MS = 60_000;

export function createDueTimeShifts(deps: { events: EventStore; clock: Clock; log: Logger }): DueTimeShifts {
  const { events, clock, log } = deps;
  const noted = new Map<string, number>();
  const unseen = new Set<string>();

  function add(webhookId: string, deltaMs: number): void {
    const sum = (noted.get(webhookId) ?? 0) + deltaMs;
    if (sum < 0) noted.set(webhookId, sum);
    else noted.delete(webhookId);
  }

  /** Events that are later than now say that the clock was set back before the start. */
  async function lookBack(webhookId: string): Promise<void> {
    if (!unseen.has(webhookId)) return;
    const newestAt = await events.findNewestTime(webhookId);
    unseen.delete(webhookId);
    // A change that was noted since has the same events ahead of it.
    if (noted.has(webhookId)) return;
    const aheadMs = (newestAt ?? Number.NEGATIVE_INFINITY) - clock.now();
    if (aheadMs <= LARGEST_DRIFT_MS) return;
    log.warn("a webhook's newest event is later than now; due times were adjusted", {
      webhook_id: webhookId,
      ahead_ms: aheadMs,
    });
    // No due time, which is later than now, is to come before the epoch: exports with such times are refused.
    add(webhookId, -Math.min(aheadMs, clock.now()));
  }

  return {
    begin(webhookIds) {
      for (const webhookId of webhookIds) unseen.add(webhookId);
    },
    note(deltaMs, webhookIds) {
      for (const webhookId of new Set(deltaMs < 0 ? webhookIds : noted.keys())) add(webhookId, deltaMs);
    },
    async apply(webhookId) {
      await lookBack(webhookId);
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
