/** Whether a target may be tried now, and how often: its circuit, its rate, its wish for rest, and what it holds. */
import { HOUR_MS } from "../../lib/clock.ts";
import type { OpenCircuit, TargetBefore } from "../../storage/event-db/open-circuits.ts";
import type { ClaimFrom } from "../../storage/event-db/scattered-claim.ts";
import type { ThrottlePolicy } from "../../targets/throttle-policy.ts";
import type { Outcome } from "../../targets/target-type.ts";
import {
  afterProbe,
  afterSuccess,
  afterAttempt,
  beginProbe,
  type Circuit,
  CLOSED,
  reopened,
  type Sign,
  waitForCircuit,
} from "./circuit.ts";
import { advance, estimateMs, newRamp, type Ramp, slowDown, take, waitForCredit } from "./ramp.ts";
import { allowance, FRESH, isForgettable, type RateState, spend, stateAfter, waitMs } from "./rate.ts";
import { RefusedEvents } from "./refused-events.ts";
import { afterTest, afterWish, beginTest, isTested, nextAttemptAt, type Rest, waitForRest } from "./rest.ts";

/** A target that asks for more is asked again after this long. */
const LONGEST_REST_MS = HOUR_MS;
/** No rate counts longer. */
const LONGEST_PERIOD_MS = HOUR_MS;
const FIRST_REST_MS = 1_000;
/** A 503 that names no time may be one bad machine behind a balancer; so many without a success between are not. */
const UNEXPLAINED_IN_ROW = 3;
const LONGEST_GUESSED_REST_MS = 60_000;
/** After a success among failures that were answered, its deliveries are taken from both ends for so long. */
const MIXED_MS = 60_000;
/** Where probes look for an event, in turn: most often one bad batch is the oldest that is due. */
const PROBE_FROM = ["newest", "oldest", "between"] as const satisfies ClaimFrom[];

/** How an attempt ended. */
export type AttemptEnd = Readonly<{
  isProbe: boolean;
  eventId: string;
  /** Null where the program stopped first. */
  outcome: Outcome | null;
  /** The delivery is not tried again. */
  isOver: boolean;
  at: Moment;
  random: number;
}>;

/** Monotonic and wall-clock time of one moment. */
export type Moment = Readonly<{ mono: number; wall: number }>;

export class TargetThrottle {
  /** Some held deliveries are being let go at this moment. */
  isReleasing = false;
  /** They go as fast as the target takes them. */
  isRushed = false;
  #ramp: Ramp | null = null;
  #circuit: Circuit = CLOSED;
  #openedAt: number | null = null;
  #rate: RateState = FRESH;
  #lastAttemptAt: number | null = null;
  #rest: Rest | null = null;
  #rests = 0;
  #unexplained = 0;
  readonly #refused = new RefusedEvents();
  /** Some events are answered with failures and others are taken. */
  #mixedUntil = Number.NEGATIVE_INFINITY;
  #picks = 0;

  /** What an earlier run of the program left. */
  takeUp(before: TargetBefore, { mono, wall }: Moment, random: number): void {
    const sinceAttempt =
      before.lastAttemptAt === null ? Number.POSITIVE_INFINITY : Math.max(0, wall - before.lastAttemptAt);
    if (sinceAttempt < LONGEST_PERIOD_MS) this.#lastAttemptAt = mono - sinceAttempt;
    if (before.circuit === null) return;
    this.#circuit = reopened(before.circuit.reason, { now: mono, random });
    this.#openedAt = before.circuit.openedAt;
  }

  get circuit(): Circuit {
    return this.#circuit;
  }

  /** As it is kept; null while it is closed. */
  get openCircuit(): OpenCircuit | null {
    if (this.#circuit.state === "closed") return null;
    return { openedAt: this.#openedAt ?? 0, reason: this.#circuit.reason };
  }

  /** Monotonic; in the past where the target asked for no rest. The next attempt may be a test of it. */
  get restsUntil(): number {
    return this.#rest === null ? 0 : nextAttemptAt(this.#rest);
  }

  /** Milliseconds until an attempt may begin; null while a probe is under way, whose end decides. */
  waitMs({ rate }: ThrottlePolicy, now: number): number | null {
    const open = waitForCircuit(this.#circuit, now);
    const rest = waitForRest(this.#rest, now);
    if (open === null || rest === null) return null;
    const wait = Math.max(open, rest);
    return rate === null ? wait : Math.max(wait, waitMs(this.#rateOf(rate), rate, now));
  }

  /** Where among what is due the next attempts are taken from; null for the oldest, as nearly always. */
  pick(now: number): Readonly<{ from: ClaimFrom; isRefused: (eventId: string) => boolean }> | null {
    const isOpen = this.#circuit.state !== "closed";
    if (!isOpen && !isTested(this.#rest) && now >= this.#mixedUntil) return null;
    const choices = isOpen ? PROBE_FROM.length : PROBE_FROM.length - 1;
    return {
      from: PROBE_FROM[this.#picks++ % choices] ?? "newest",
      isRefused: (eventId) => this.#refused.isKnown(eventId),
    };
  }

  /** How many attempts may begin now, of those that are not to wait. */
  room({ rate, concurrency }: ThrottlePolicy, { now, inFlight }: { now: number; inFlight: number }): number {
    if (this.#circuit.state !== "closed" || isTested(this.#rest)) return 1;
    const free = concurrency === null ? Number.POSITIVE_INFINITY : Math.max(0, concurrency - inFlight);
    return rate === null ? free : Math.min(free, allowance(this.#rateOf(rate), rate, now));
  }

  /** So many attempts begin. True where it is a probe. */
  begin({ rate }: ThrottlePolicy, { now, count }: { now: number; count: number }): boolean {
    if (rate !== null) this.#rate = spend(this.#rateOf(rate), rate, { now, count });
    const isProbe = this.#circuit.state === "open" || isTested(this.#rest);
    this.#circuit = beginProbe(this.#circuit);
    this.#rest = beginTest(this.#rest);
    return isProbe;
  }

  end(policy: ThrottlePolicy, ended: AttemptEnd): void {
    const { isProbe, eventId, outcome, at } = ended;
    const sign = outcome === null ? "unclear" : signOf(outcome);
    const wasClosed = this.#circuit.state === "closed";
    const isAnswered = outcome?.kind === "failed" && outcome.response !== null;
    this.#circuit = this.#afterEnd(policy, ended, { sign, failedEvent: isAnswered ? eventId : undefined });
    if (this.#circuit.state === "closed") this.#openedAt = null;
    else if (wasClosed) this.#openedAt = at.wall;
    if (isProbe) this.#rest = afterTest(this.#rest, { isUp: sign === "up", now: at.mono });
    if (outcome === null) return;
    if (outcome.kind === "delivered") {
      if ((isProbe || !wasClosed) && !this.#refused.isEmpty) this.#mixedUntil = at.mono + MIXED_MS;
      this.#rests = 0;
      this.#unexplained = 0;
      this.#refused.taken(eventId);
    } else {
      this.#wish(outcome, ended);
      if (isAnswered && sign !== "up") {
        if (at.mono < this.#mixedUntil) this.#mixedUntil = at.mono + MIXED_MS;
        this.#refused.failed(eventId);
      }
    }
    if (ended.isOver) this.#refused.forget(eventId);
    if (sign !== "up" && this.#ramp) this.#ramp = slowDown(this.#ramp, at.mono);
  }

  #afterEnd(
    policy: ThrottlePolicy,
    { isProbe, eventId, outcome, at, random }: AttemptEnd,
    { sign, failedEvent }: { sign: Sign; failedEvent: string | undefined },
  ): Circuit {
    const given = { now: at.mono, random };
    const circuit = this.#circuit;
    if (isProbe && circuit.state === "half_open") return afterProbe(circuit, { ...given, sign });
    if (outcome?.kind === "delivered" && circuit.state !== "closed") return afterSuccess(circuit);
    // Others were taken since it failed this one before, so it says nothing of the target.
    const isOwn = failedEvent !== undefined && this.#refused.isAtFault(eventId);
    return afterAttempt(circuit, policy.circuit, {
      ...given,
      failedEvent,
      sign: isOwn && sign === "down" ? "unclear" : sign,
    });
  }

  /** All that was known of failures is forgotten. */
  reset(): void {
    this.#circuit = CLOSED;
    this.#openedAt = null;
    this.#rest = null;
    this.#rests = 0;
    this.#unexplained = 0;
    this.#refused.clear();
  }

  /** How many of the held deliveries, at most `most`, are let go now; and if none, in how many milliseconds. */
  takeHeld(most: number, now: number): { count: number; waitMs: number } {
    if (this.isRushed) return { count: most, waitMs: 0 };
    const ramp = advance(this.#ramp ?? newRamp(now), now);
    const count = Math.min(most, Math.floor(ramp.credit));
    this.#ramp = take(ramp, count);
    return { count, waitMs: waitForCredit(this.#ramp) };
  }

  /** Nothing is held any more, or the target is paused. */
  endDrain(): void {
    this.isRushed = false;
    this.#ramp = null;
  }

  /** What is known of the drain of `left` deliveries; the rate is per second. */
  drain(left: number, { rate }: ThrottlePolicy, now: number): { perSecond: number; estimateMs: number } {
    const highest = rate === null ? undefined : (rate.limit * 1_000) / rate.periodMs;
    const ramp = this.#ramp ?? newRamp(now);
    return {
      perSecond: Math.min(ramp.rate, highest ?? ramp.rate),
      estimateMs: estimateMs(ramp, left, highest),
    };
  }

  /** True where a new one would say the same. */
  isForgettable(now: number): boolean {
    if (this.#circuit.state !== "closed" || this.#circuit.failuresInRow > 0) return false;
    if (this.#ramp !== null || this.isRushed) return false;
    if (this.#lastAttemptAt !== null && now - this.#lastAttemptAt < LONGEST_PERIOD_MS) return false;
    if (!this.#refused.isEmpty || now < this.#mixedUntil) return false;
    return this.restsUntil <= now && isForgettable(this.#rate, now);
  }

  #rateOf(rate: NonNullable<ThrottlePolicy["rate"]>): RateState {
    if (this.#lastAttemptAt !== null) this.#rate = stateAfter(this.#lastAttemptAt, rate);
    this.#lastAttemptAt = null;
    return this.#rate;
  }

  #wish(
    outcome: Outcome & { kind: "failed" },
    { eventId, isProbe: isTest, at: { mono: now } }: AttemptEnd,
  ): void {
    const status = outcome.response?.statusCode;
    if (outcome.retryAfterMs === undefined && status !== 429) {
      if (status !== 503 || ++this.#unexplained < UNEXPLAINED_IN_ROW) return;
    }
    // What was under way together asks for one rest, not for several that grow.
    if (now >= this.restsUntil) this.#rests++;
    const guess = Math.min(FIRST_REST_MS * 2 ** (this.#rests - 1), LONGEST_GUESSED_REST_MS);
    const ms = Math.min(outcome.retryAfterMs ?? guess, LONGEST_REST_MS);
    const isAtFault = this.#refused.isAtFault(eventId);
    const isMixed = now < this.#mixedUntil;
    this.#rest = afterWish(this.#rest, { eventId, ms, now, isAtFault, isMixed, isTest });
  }
}

/** An answer that refuses the event says that the target works; 429 that it does, but not now. */
export function signOf(outcome: Outcome): Sign {
  if (outcome.kind === "delivered") return "up";
  const status = outcome.response?.statusCode;
  if (status === 429) return "unclear";
  if (status !== undefined) return status >= 500 || status === 408 ? "down" : "up";
  return outcome.retryable ? "down" : "unclear";
}
