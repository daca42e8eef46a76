/** The throttle of one target: its circuit, rate limit, wish for rest and ramp say whether and how often to attempt. */
import { HOUR_MS } from "../../lib/clock.ts";
import type { OpenCircuit, TargetBefore } from "../../storage/event-db/deliveries/open-circuits.ts";
import type { ClaimFrom } from "../../storage/event-db/deliveries/scattered-claim.ts";
import type { Outcome } from "../../targets/target-type.ts";
import type { ThrottlePolicy } from "../../targets/throttle-policy.ts";
import {
  afterAttempt,
  afterProbe,
  afterSuccess,
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

/** A longer wish for rest is cut to this. */
const LONGEST_REST_MS = HOUR_MS;
/** The longest period of a rate limit. */
const LONGEST_PERIOD_MS = HOUR_MS;
const FIRST_REST_MS = 1_000;
/** A 503 without Retry-After may be one bad machine behind a balancer; this many without a success between are not. */
const UNEXPLAINED_IN_ROW = 3;
const LONGEST_GUESSED_REST_MS = 60_000;
/** After a success among failures with a response, deliveries are taken from both ends for this long. */
const MIXED_MS = 60_000;
/** Where probes take their event from, in turn: a bad batch is most often the oldest that is due. */
const PROBE_FROM = ["newest", "oldest", "between"] as const satisfies ClaimFrom[];

/** How an attempt ended. */
export type AttemptEnd = Readonly<{
  isProbe: boolean;
  eventId: string;
  /** Null where the program stopped first. */
  outcome: Outcome | null;
  /** The delivery will not be attempted again. */
  isOver: boolean;
  at: Moment;
  random: number;
}>;

/** Monotonic and wall-clock time of one moment. */
export type Moment = Readonly<{ mono: number; wall: number }>;

export class TargetThrottle {
  /** Held deliveries are being released at this moment. */
  isReleasing = false;
  /** Held deliveries are released as fast as the target takes them. */
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
  /** Until then some events are answered with failures and others are accepted. */
  #mixedUntil = Number.NEGATIVE_INFINITY;
  #picks = 0;

  /** Takes up what an earlier run of the program left. */
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

  /** The circuit as it is stored; null while it is closed. */
  get openCircuit(): OpenCircuit | null {
    if (this.#circuit.state === "closed") return null;
    return { openedAt: this.#openedAt ?? 0, reason: this.#circuit.reason };
  }

  /** Monotonic time of the next attempt, which may be a test of the rest; in the past where none was asked for. */
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

  /** Where among the due deliveries to take the next ones from; null for the oldest, as nearly always. */
  pick(now: number): Readonly<{ from: ClaimFrom; isRefused: (eventId: string) => boolean }> | null {
    const isOpen = this.#circuit.state !== "closed";
    if (!isOpen && !isTested(this.#rest) && now >= this.#mixedUntil) return null;
    const choices = isOpen ? PROBE_FROM.length : PROBE_FROM.length - 1;
    return {
      from: PROBE_FROM[this.#picks++ % choices] ?? "newest",
      isRefused: (eventId) => this.#refused.isKnown(eventId),
    };
  }

  /** How many attempts may begin now, where `waitMs` is 0. */
  room({ rate, concurrency }: ThrottlePolicy, { now, inFlight }: { now: number; inFlight: number }): number {
    if (this.#circuit.state !== "closed" || isTested(this.#rest)) return 1;
    const free = concurrency === null ? Number.POSITIVE_INFINITY : Math.max(0, concurrency - inFlight);
    return rate === null ? free : Math.min(free, allowance(this.#rateOf(rate), rate, now));
  }

  /** Notes that `count` attempts begin. Returns true where they are a probe or the test of a rest. */
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
    // The target accepted others since it failed this event before, so the failure says nothing of the target.
    const isOwn = failedEvent !== undefined && this.#refused.isAtFault(eventId);
    return afterAttempt(circuit, policy.circuit, {
      ...given,
      failedEvent,
      sign: isOwn && sign === "down" ? "unclear" : sign,
    });
  }

  /** Forgets all failures. */
  reset(): void {
    this.#circuit = CLOSED;
    this.#openedAt = null;
    this.#rest = null;
    this.#rests = 0;
    this.#unexplained = 0;
    this.#refused.clear();
  }

  /** How many held deliveries, `most` at most, to release now; and where none, in how many milliseconds. */
  takeHeld(most: number, now: number): { count: number; waitMs: number } {
    if (this.isRushed) return { count: most, waitMs: 0 };
    const ramp = advance(this.#ramp ?? newRamp(now), now);
    const count = Math.min(most, Math.floor(ramp.credit));
    this.#ramp = take(ramp, count);
    return { count, waitMs: waitForCredit(this.#ramp) };
  }

  /** No delivery is held any more, or the target is paused. */
  endDrain(): void {
    this.isRushed = false;
    this.#ramp = null;
  }

  /** The pace of the release of `left` held deliveries. */
  drain(left: number, { rate }: ThrottlePolicy, now: number): { perSecond: number; estimateMs: number } {
    const highest = rate === null ? undefined : (rate.limit * 1_000) / rate.periodMs;
    const ramp = this.#ramp ?? newRamp(now);
    return {
      perSecond: Math.min(ramp.rate, highest ?? ramp.rate),
      estimateMs: estimateMs(ramp, left, highest),
    };
  }

  /** True where a new throttle would say the same. */
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
    // Attempts that were under way together ask for one rest, not for several that grow.
    if (now >= this.restsUntil) this.#rests++;
    const guess = Math.min(FIRST_REST_MS * 2 ** (this.#rests - 1), LONGEST_GUESSED_REST_MS);
    const ms = Math.min(outcome.retryAfterMs ?? guess, LONGEST_REST_MS);
    const isAtFault = this.#refused.isAtFault(eventId);
    const isMixed = now < this.#mixedUntil;
    this.#rest = afterWish(this.#rest, { eventId, ms, now, isAtFault, isMixed, isTest });
  }
}

/** A response that refuses the event shows that the target works; 429 leaves that open. */
export function signOf(outcome: Outcome): Sign {
  if (outcome.kind === "delivered") return "up";
  const status = outcome.response?.statusCode;
  if (status === 429) return "unclear";
  if (status !== undefined) return status >= 500 || status === 408 ? "down" : "up";
  return outcome.retryable ? "down" : "unclear";
}
