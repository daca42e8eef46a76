/** Whether a target may be tried now, and how often: its circuit, its rate, its wish for rest, and what it holds. */
import { HOUR_MS } from "../lib/clock.ts";
import type { OpenCircuit, TargetBefore } from "../storage/event-db/open-circuits.ts";
import type { FlowPolicy } from "../targets/flow-policy.ts";
import type { Outcome } from "../targets/target-type.ts";
import {
  afterProbe,
  afterTry,
  beginProbe,
  type Circuit,
  CLOSED,
  reopened,
  type Sign,
  waitForTry,
} from "./circuit.ts";
import { advance, estimateMs, newRamp, type Ramp, slowDown, take, waitForCredit } from "./ramp.ts";
import { allowance, FRESH, isForgettable, type RateState, spend, stateAfter, waitMs } from "./rate.ts";

/** A target that asks for more is asked again after this long. */
const LONGEST_REST_MS = HOUR_MS;
/** No rate counts longer. */
const LONGEST_PERIOD_MS = HOUR_MS;
const FIRST_REST_MS = 1_000;
/** A 503 that names no time may be one bad machine behind a balancer; so many without a success between are not. */
const UNEXPLAINED_IN_ROW = 3;
const LONGEST_GUESSED_REST_MS = 60_000;

/** Monotonic and wall-clock time of one moment. */
export type Moment = Readonly<{ mono: number; wall: number }>;

export class TargetFlow {
  /** Some held deliveries are being let go at this moment. */
  isReleasing = false;
  /** They go as fast as the target takes them. */
  isRushed = false;
  #ramp: Ramp | null = null;
  #circuit: Circuit = CLOSED;
  #openedAt: number | null = null;
  #rate: RateState = FRESH;
  #lastTryAt: number | null = null;
  #restsUntil = 0;
  #rests = 0;
  #unexplained = 0;

  /** What an earlier run of the program left. */
  takeUp(before: TargetBefore, { mono, wall }: Moment, random: number): void {
    const sinceTry =
      before.lastTryAt === null ? Number.POSITIVE_INFINITY : Math.max(0, wall - before.lastTryAt);
    if (sinceTry < LONGEST_PERIOD_MS) this.#lastTryAt = mono - sinceTry;
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

  /** Monotonic; in the past where the target asked for no rest. */
  get restsUntil(): number {
    return this.#restsUntil;
  }

  /** Milliseconds until a try may begin; null while a probe is under way, whose end decides. */
  waitMs({ rate }: FlowPolicy, now: number): number | null {
    const wait = waitForTry(this.#circuit, now);
    if (wait === null) return null;
    const rest = Math.max(wait, Math.ceil(this.#restsUntil - now));
    return rate === null ? rest : Math.max(rest, waitMs(this.#rateOf(rate), rate, now));
  }

  /** How many tries may begin now, of those that are not to wait. */
  room({ rate, concurrency }: FlowPolicy, { now, inFlight }: { now: number; inFlight: number }): number {
    if (this.#circuit.state !== "closed") return 1;
    const free = concurrency === null ? Number.POSITIVE_INFINITY : Math.max(0, concurrency - inFlight);
    return rate === null ? free : Math.min(free, allowance(this.#rateOf(rate), rate, now));
  }

  /** So many tries begin. True where it is a probe. */
  begin({ rate }: FlowPolicy, { now, count }: { now: number; count: number }): boolean {
    if (rate !== null) this.#rate = spend(this.#rateOf(rate), rate, { now, count });
    if (this.#circuit.state !== "open") return false;
    this.#circuit = beginProbe(this.#circuit);
    return true;
  }

  /** `outcome` is null where the program stopped first. */
  end(
    policy: FlowPolicy,
    ended: Readonly<{ isProbe: boolean; outcome: Outcome | null; at: Moment; random: number }>,
  ): void {
    const { isProbe, outcome, at, random } = ended;
    const sign = outcome === null ? "unclear" : signOf(outcome);
    const given = { sign, now: at.mono, random };
    const wasClosed = this.#circuit.state === "closed";
    this.#circuit = isProbe
      ? afterProbe(this.#circuit, given)
      : afterTry(this.#circuit, policy.circuit, given);
    if (this.#circuit.state === "closed") this.#openedAt = null;
    else if (wasClosed) this.#openedAt = at.wall;
    if (outcome === null) return;
    if (outcome.kind === "delivered") {
      this.#rests = 0;
      this.#unexplained = 0;
    } else this.#rest(outcome, at.mono);
    if (sign !== "up" && this.#ramp) this.#ramp = slowDown(this.#ramp, at.mono);
  }

  /** All that was known of failures is forgotten. */
  reset(): void {
    this.#circuit = CLOSED;
    this.#openedAt = null;
    this.#restsUntil = 0;
    this.#rests = 0;
    this.#unexplained = 0;
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
  drain(left: number, { rate }: FlowPolicy, now: number): { perSecond: number; estimateMs: number } {
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
    if (this.#lastTryAt !== null && now - this.#lastTryAt < LONGEST_PERIOD_MS) return false;
    return this.#restsUntil <= now && isForgettable(this.#rate, now);
  }

  #rateOf(rate: NonNullable<FlowPolicy["rate"]>): RateState {
    if (this.#lastTryAt !== null) this.#rate = stateAfter(this.#lastTryAt, rate);
    this.#lastTryAt = null;
    return this.#rate;
  }

  #rest(outcome: Outcome & { kind: "failed" }, now: number): void {
    const status = outcome.response?.statusCode;
    if (outcome.retryAfterMs === undefined && status !== 429) {
      if (status !== 503 || ++this.#unexplained < UNEXPLAINED_IN_ROW) return;
    }
    // What was under way together asks for one rest, not for several that grow.
    if (now >= this.#restsUntil) this.#rests++;
    const guess = Math.min(FIRST_REST_MS * 2 ** (this.#rests - 1), LONGEST_GUESSED_REST_MS);
    const rest = Math.min(outcome.retryAfterMs ?? guess, LONGEST_REST_MS);
    this.#restsUntil = Math.max(this.#restsUntil, now + rest);
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
