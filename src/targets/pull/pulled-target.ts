/**
 * One target whose deliveries are fetched: the pulls that wait for deliveries, the deliveries that wait for a pull, and
 * the leases of those that were handed out.
 */
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { newUnguessableId } from "../../lib/ids.ts";
import type { DeliveryAttempt, Outcome, Released } from "../target-type.ts";
import type { PullConfig } from "./pull-config.ts";

/** Bodies of one batch; a larger body comes alone. */
const MOST_BYTES = 4 * 1024 * 1024;
/** Pulls of one target that wait at once; each costs a connection. */
const MOST_PULLS = 100;
/** A delivery waits this long for the next pull. Then its body leaves the memory, and it is due again. */
const PARKED_MS = 1_000;
/** A pull waits this long at least: deliveries are read from the event file only once somebody asks for them. */
const LEAST_WAIT_MS = 250;
/** A puller that handles what it got counts as connected for this long. */
const BETWEEN_PULLS_MS = 3_000;

export const RELEASED: Released = { kind: "released" };

type Attempt = DeliveryAttempt<PullConfig>;

/** A delivery that was handed out, until its result comes or its time is up. */
export type Lease = Readonly<{ id: string; attempt: Attempt }>;

export type Pull = Readonly<{
  /** Deliveries in the answer; 0 only brings results. */
  max: number;
  waitMs: number;
  /** Aborted when the puller's connection is closed. */
  signal: AbortSignal;
}>;

export type Presence = Readonly<{
  isConnected: boolean;
  /** Milliseconds UTC; null: none since the gateway started. */
  lastPullAt: number | null;
  /** Deliveries that were handed out and not answered yet. */
  leased: number;
}>;

type WaitingPull = Readonly<{ max: number; answer: (leases: readonly Lease[]) => void }>;
/** A delivery that waits for a pull, or for the result of the puller that leased it. */
type Held = Readonly<{ attempt: Attempt; end: (outcome: Outcome | Released) => void }>;

export class PulledTarget {
  readonly #clock: Clock;
  /** Told of each lease that ended without a result. */
  readonly #onExpired: (attempt: Attempt) => void;
  readonly #pulls = new Set<WaitingPull>();
  readonly #parked = new Set<Held>();
  readonly #leases = new Map<string, Held>();
  /** The engine may have found no room; true at first, as nobody asked for anything before. */
  #isTurnedAway = true;
  #isHandingOut = false;
  #cancelRelease: (() => void) | null = null;
  #lastPullAt: number | null = null;
  #isStopped = false;

  constructor(deps: { clock: Clock; onExpired: (attempt: Attempt) => void }) {
    this.#clock = deps.clock;
    this.#onExpired = deps.onExpired;
  }

  /** How many more attempts may begin, of which `inFlight` are under way. */
  room(inFlight: number): number {
    let wanted = 0;
    for (const { max } of this.#pulls) wanted += max;
    const room = wanted - (inFlight - this.#leases.size);
    if (room <= 0) this.#isTurnedAway = true;
    return Math.max(0, room);
  }

  get presence(): Presence {
    const at = this.#lastPullAt;
    const isRecent = at !== null && this.#clock.now() - at < BETWEEN_PULLS_MS;
    const isConnected = this.#pulls.size > 0 || this.#leases.size > 0 || isRecent;
    return { isConnected, lastPullAt: at, leased: this.#leases.size };
  }

  /** True where a new object would say the same, apart from the time of the last pull. */
  get isForgettable(): boolean {
    return this.#parked.size === 0 && !this.presence.isConnected;
  }

  /** Resolves with what a puller says of it; "released" where none took it, or did not answer in time. */
  deliver(attempt: Attempt): Promise<Outcome | Released> {
    const { signal } = attempt;
    if (signal.aborted || this.#isStopped) return Promise.resolve(RELEASED);
    return new Promise((resolve) => {
      const release = () => held.end(RELEASED);
      const held: Held = {
        attempt,
        end: (outcome) => {
          this.#parked.delete(held);
          signal.removeEventListener("abort", release);
          resolve(outcome);
        },
      };
      signal.addEventListener("abort", release, { once: true });
      this.#parked.add(held);
      this.#handOutSoon();
    });
  }

  /**
   * Resolves with up to `max` deliveries as soon as there is one, else with none after `waitMs`. `ask` is called where
   * the engine has to look for deliveries. Throws AppError `rate_limited`.
   */
  take({ max, waitMs, signal }: Pull, ask: () => void): Promise<readonly Lease[]> {
    this.#notePull();
    if (max === 0 || this.#isStopped || signal.aborted) return Promise.resolve([]);
    this.#cancelRelease?.();
    this.#cancelRelease = null;
    if (this.#parked.size > 0) {
      const leases = this.#lease(max);
      this.#parkRest();
      return Promise.resolve(leases);
    }
    if (this.#pulls.size >= MOST_PULLS) throw tooMany();
    return new Promise((resolve) => {
      const giveUp = () => pull.answer([]);
      const cancel = this.#clock.after(Math.max(waitMs, LEAST_WAIT_MS), giveUp);
      const pull: WaitingPull = {
        max,
        answer: (leases) => {
          cancel();
          signal.removeEventListener("abort", giveUp);
          this.#pulls.delete(pull);
          this.#notePull();
          resolve(leases);
        },
      };
      signal.addEventListener("abort", giveUp, { once: true });
      this.#pulls.add(pull);
      if (!this.#isTurnedAway) return;
      this.#isTurnedAway = false;
      ask();
    });
  }

  /** False where the delivery is not leased, or no more. */
  settle(leaseId: string, outcome: Outcome | Released): boolean {
    const leased = this.#leases.get(leaseId);
    leased?.end(outcome);
    return leased !== undefined;
  }

  /** Answers all pulls, and lets go of all deliveries. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelRelease?.();
    for (const { answer } of [...this.#pulls]) answer([]);
    for (const { end } of [...this.#parked, ...this.#leases.values()]) end(RELEASED);
  }

  #notePull(): void {
    this.#lastPullAt = this.#clock.now();
  }

  /** A turn later, so that what begins together is handed out together. */
  #handOutSoon(): void {
    if (this.#isHandingOut) return;
    this.#isHandingOut = true;
    setImmediate(() => {
      this.#isHandingOut = false;
      this.#handOut();
    });
  }

  #handOut(): void {
    for (const { max, answer } of [...this.#pulls]) {
      if (this.#parked.size === 0) return;
      answer(this.#lease(max));
    }
    this.#parkRest();
  }

  #parkRest(): void {
    if (this.#parked.size === 0 || this.#isStopped) return;
    this.#cancelRelease ??= this.#clock.after(PARKED_MS, () => {
      this.#cancelRelease = null;
      for (const { end } of [...this.#parked]) end(RELEASED);
    });
  }

  #lease(max: number): Lease[] {
    const leases: Lease[] = [];
    let bytes = 0;
    for (const held of this.#parked) {
      const { attempt } = held;
      bytes += attempt.event.body.byteLength;
      if (leases.length === max || (leases.length > 0 && bytes > MOST_BYTES)) break;
      this.#parked.delete(held);
      leases.push({ id: this.#leaseOne(held), attempt });
    }
    return leases;
  }

  #leaseOne(held: Held): string {
    const id = newUnguessableId();
    const { attempt } = held;
    const release = () => leased.end(RELEASED);
    const cancel = this.#clock.after(attempt.timeoutMs, () => {
      release();
      this.#onExpired(attempt);
    });
    const leased: Held = {
      attempt,
      end: (outcome) => {
        this.#leases.delete(id);
        cancel();
        attempt.signal.removeEventListener("abort", release);
        held.end(outcome);
      },
    };
    attempt.signal.addEventListener("abort", release, { once: true });
    this.#leases.set(id, leased);
    return id;
  }
}

function tooMany(): AppError {
  return new AppError({
    kind: "rate_limited",
    message: `${MOST_PULLS} programs wait for deliveries of this target already.`,
    hint: "Let each program pull again only after its last pull has ended.",
    retryAfterSeconds: 5,
  });
}
