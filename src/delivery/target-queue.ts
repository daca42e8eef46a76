/** One target's deliveries as the engine sees them, and whose turn it is. */
import type { MarkedAttempt } from "../storage/attempt-journal/records.ts";
import type { ClaimFront } from "../storage/event-db/due-deliveries.ts";
import type { Share } from "./slots.ts";

export type Lane = {
  readonly webhookId: string;
  readonly targetId: string;
  readonly share: Share;
  /** Wall-clock time of the earliest known delivery that is not due yet; null: none known. */
  dueAt: number | null;
  /** Reasons to take nothing for now: results that wait to be stored, a backlog that is being discarded. */
  holds: number;
  /** It was this lane's turn while it was held. */
  wasPassedOver: boolean;
  /** Its target has held deliveries and is not paused: they are let go bit by bit. */
  hasHeld: boolean;
  /** Where the last claim ended, if it was a full one. */
  front: ClaimFront | null;
  /** When all that is due was looked through last, in milliseconds of monotonic time. */
  lookedThroughAt: number;
};

export class Lanes {
  /** By webhook and target: a file may name another webhook's target, whose own lane that must not touch. */
  readonly #byTarget = new Map<string, Lane>();
  /** In order of turn. */
  readonly #ready = new Set<Lane>();
  /** Ready, but all places were taken. */
  readonly #starved = new Set<Lane>();

  getOrAdd(webhookId: string, targetId: string, newShare: () => Share): Lane {
    const key = keyOf({ webhookId, targetId });
    let lane = this.#byTarget.get(key);
    if (!lane) {
      const idle = {
        dueAt: null,
        holds: 0,
        wasPassedOver: false,
        hasHeld: false,
        front: null,
        lookedThroughAt: 0,
      };
      lane = { webhookId, targetId, share: newShare(), ...idle };
      this.#byTarget.set(key, lane);
    }
    return lane;
  }

  /** Puts the lane at the end of the round; a lane is in it once. */
  enqueue(lane: Lane): void {
    this.#ready.add(lane);
  }

  starve(lane: Lane): void {
    this.#starved.add(lane);
  }

  requeueStarved(): void {
    for (const lane of this.#starved) this.#ready.add(lane);
    this.#starved.clear();
  }

  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  get hasStarved(): boolean {
    return this.#starved.size > 0;
  }

  next(): Lane | null {
    const lane = this.#ready.values().next().value ?? null;
    if (lane) this.#ready.delete(lane);
    return lane;
  }

  /** True where it is forgotten. */
  forgetIfIdle(lane: Lane): boolean {
    const isNeeded = lane.dueAt !== null || lane.holds > 0 || lane.hasHeld || lane.share.inFlight.size > 0;
    if (isNeeded || this.#ready.has(lane)) return false;
    this.#starved.delete(lane);
    this.#byTarget.delete(keyOf(lane));
    return true;
  }

  /** Attempts under way, by the names that they are marked with; how often each was tried is not known here. */
  *inFlight(): Iterable<MarkedAttempt> {
    for (const { webhookId, targetId, share } of this.all()) {
      for (const eventId of share.inFlight.keys()) yield { webhookId, targetId, eventId, attempt: 0 };
    }
  }

  *webhookIds(): Iterable<string> {
    for (const { webhookId } of this.all()) yield webhookId;
  }

  all(): IterableIterator<Lane> {
    return this.#byTarget.values();
  }
}

function keyOf({ webhookId, targetId }: Pick<Lane, "webhookId" | "targetId">): string {
  return `${webhookId} ${targetId}`;
}
