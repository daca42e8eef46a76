/** The queue of each target that may have deliveries due: the state it is in, and which one has its turn next. */
import type { MarkedAttempt } from "../storage/attempt-journal/records.ts";
import type { ClaimFront } from "../storage/event-db/deliveries/due-deliveries.ts";
import type { Share } from "./slots.ts";

/** Rescans all that is due at least this often while every claim comes back full: events may be stored out of order. */
const RESCAN_MS = 250;

/**
 * - `ready`: waits for its turn in the round.
 * - `starved`: had its turn while all slots were taken; becomes ready when one is free.
 * - `blocked`: no delivery may be taken, because the event file does not yet say what has become of some.
 * - `resting`: its next delivery is due at a known time.
 * - `idle`: nothing is known to become due; the end of an attempt may change that.
 */
export type TargetQueueState = "ready" | "starved" | "blocked" | "resting" | "idle";

/** The queues in two of the states, each in the order in which they came. */
type Round = Readonly<{ ready: Set<TargetQueue>; starved: Set<TargetQueue> }>;

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

export class TargetQueue {
  readonly webhookId: string;
  readonly targetId: string;
  /** The target's share of the slots. */
  readonly share: Share;
  /** Its attempts are marked in the journal, so that one that kills the process is known. */
  isMarked = true;
  readonly #round: Round;
  #state: TargetQueueState = "idle";
  /** When the next delivery is due that is not yet, in wall-clock time. Kept in every state: a turn may change nothing. */
  #dueAt: number | null = null;
  /** Blocks that have not ended; they may overlap. */
  #blocks = 0;
  /** A turn was asked for during a block. */
  #wantsTurn = false;
  #hasHeld = false;
  /** Where the last claim ended, if it was full. */
  #front: ClaimFront | null = null;
  /** When all that is due was scanned last, in milliseconds of monotonic time. */
  #scannedAt = 0;

  constructor(of: OfTarget & Readonly<{ share: Share; round: Round }>) {
    this.webhookId = of.webhookId;
    this.targetId = of.targetId;
    this.share = of.share;
    this.#round = of.round;
  }

  get state(): TargetQueueState {
    return this.#state;
  }

  /** Wall-clock time of the next delivery that is not due yet; null where none is known. */
  get dueAt(): number | null {
    return this.#dueAt;
  }

  /** True where held deliveries of the target are to be released bit by bit. */
  get hasHeld(): boolean {
    return this.#hasHeld;
  }

  /** True where nothing is to come of it, so that it may be forgotten. */
  get isForgettable(): boolean {
    const isInUse = this.#state === "ready" || this.#state === "blocked";
    return !isInUse && this.#dueAt === null && !this.#hasHeld && this.share.inFlight.size === 0;
  }

  /** Asks for a turn, which comes after those of all queues that are ready; during a block, at its end. */
  enqueue(): void {
    if (this.#state === "ready") return;
    if (this.#state === "blocked") {
      this.#wantsTurn = true;
      return;
    }
    this.#round.starved.delete(this);
    this.#round.ready.add(this);
    this.#state = "ready";
  }

  /** Begins its turn: what it does not ask for again meanwhile it does not get. */
  beginTurn(): void {
    if (this.#state !== "ready") return;
    this.#round.ready.delete(this);
    this.#settle();
  }

  /** Waits for a free slot. */
  starve(): void {
    if (this.#state === "blocked") this.#wantsTurn = true;
    if (this.#state !== "resting" && this.#state !== "idle") return;
    this.#round.starved.add(this);
    this.#state = "starved";
  }

  /** Lets no delivery be taken until `unblock` was called as often. */
  block(): void {
    this.#blocks++;
    if (this.#state === "blocked") return;
    this.#wantsTurn = this.#round.ready.delete(this) || this.#round.starved.delete(this);
    this.#state = "blocked";
  }

  unblock(): void {
    if (this.#state !== "blocked" || --this.#blocks > 0) return;
    this.#settle();
    if (this.#wantsTurn) this.enqueue();
  }

  /** Has nothing more to deliver before `dueAt`, in wall-clock time, or at all where that is null. */
  rest(dueAt: number | null): void {
    this.#dueAt = dueAt;
    if (this.#state === "resting" || this.#state === "idle") this.#settle();
  }

  /** Asks for a turn where its next delivery is due by now. */
  wakeIfDue(now: number): void {
    if (this.#dueAt === null || this.#dueAt > now) return;
    this.#dueAt = null;
    this.enqueue();
  }

  /** Held deliveries were found, and the target is not paused. */
  noteHeld(): void {
    this.#hasHeld = true;
  }

  /** No held deliveries are left, or they are not to be released. */
  forgetHeld(): void {
    this.#hasHeld = false;
  }

  /** Where the next claim begins; null for the oldest delivery that is due. `now` is monotonic. */
  claimFrom(now: number): ClaimFront | null {
    if (this.#front !== null && now - this.#scannedAt < RESCAN_MS) return this.#front;
    this.#scannedAt = now;
    return null;
  }

  /** A claim has ended: null where it found all that is due. */
  claimedUpTo(front: ClaimFront | null): void {
    this.#front = front;
  }

  /** Leaves the round for good. */
  leave(): void {
    this.#round.starved.delete(this);
    this.#settle();
  }

  #settle(): void {
    this.#state = this.#dueAt === null ? "idle" : "resting";
  }
}

export class TargetQueues {
  /** By webhook and target: a file may name another webhook's target, whose own queue must not be touched by that. */
  readonly #byTarget = new Map<string, TargetQueue>();
  readonly #round: Round = { ready: new Set(), starved: new Set() };

  getOrAdd(of: OfTarget, newShare: () => Share): TargetQueue {
    const key = keyOf(of);
    let queue = this.#byTarget.get(key);
    if (!queue) {
      const { webhookId, targetId } = of;
      queue = new TargetQueue({ webhookId, targetId, share: newShare(), round: this.#round });
      this.#byTarget.set(key, queue);
    }
    return queue;
  }

  get hasReady(): boolean {
    return this.#round.ready.size > 0;
  }

  get hasStarved(): boolean {
    return this.#round.starved.size > 0;
  }

  /** Begins the turn of the queue that has been ready for longest; null where none is. */
  next(): TargetQueue | null {
    const queue = this.#round.ready.values().next().value ?? null;
    queue?.beginTurn();
    return queue;
  }

  /** Asks for a turn for each starved queue. */
  wakeStarved(): void {
    for (const queue of this.#round.starved) queue.enqueue();
  }

  /** Asks for a turn for each queue whose next delivery is due by now; returns when the next of the others is. */
  wakeDue(now: number): number | null {
    let next: number | null = null;
    for (const queue of this.#byTarget.values()) {
      queue.wakeIfDue(now);
      if (queue.dueAt !== null && (next === null || queue.dueAt < next)) next = queue.dueAt;
    }
    return next;
  }

  /** Returns true where the queue was forgotten. */
  forgetIfIdle(queue: TargetQueue): boolean {
    if (!queue.isForgettable) return false;
    queue.leave();
    this.#byTarget.delete(keyOf(queue));
    return true;
  }

  /** Marked attempts under way, by the names that they are marked with; how often each was made before is not known here. */
  *inFlight(): Iterable<MarkedAttempt> {
    for (const { webhookId, targetId, share, isMarked } of this.all()) {
      if (!isMarked) continue;
      for (const eventId of share.inFlight.keys()) yield { webhookId, targetId, eventId, attempt: 0 };
    }
  }

  *webhookIds(): Iterable<string> {
    for (const { webhookId } of this.all()) yield webhookId;
  }

  all(): IterableIterator<TargetQueue> {
    return this.#byTarget.values();
  }
}

function keyOf({ webhookId, targetId }: OfTarget): string {
  return `${webhookId} ${targetId}`;
}
