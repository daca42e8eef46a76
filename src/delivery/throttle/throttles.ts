/** The throttles of all targets that the engine delivers to; stores open circuits over restarts, and reports them. */
import type { Clock } from "../../lib/clock.ts";
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import type { DeliveryMetrics } from "../../observability/metrics.ts";
import type { Routing } from "../../storage/main-db/routing.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import type { ThrottleStore } from "../../storage/stores/throttle-store.ts";
import type { ThrottlePolicy } from "../../targets/throttle-policy.ts";
import { findOwnTarget } from "../attempts/own-target.ts";
import type { Circuit } from "./circuit.ts";
import { type AttemptEnd, type Moment, TargetThrottle } from "./target-throttle.ts";

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;

/** Told when a target's circuit opens, and when it closes. */
export type CircuitListener = Readonly<{
  onCircuitOpened: (opened: OfTarget & Readonly<{ reason: string; at: number }>) => void;
  onCircuitClosed: (closed: OfTarget & Readonly<{ openedAt: number; at: number }>) => void;
}>;

/** Times are milliseconds UTC. */
export type ThrottleState = Readonly<{
  circuit: Readonly<{
    state: Circuit["state"];
    since: number | null;
    reason: string | null;
    nextProbeAt: number | null;
  }>;
  /** When a rest that the target asked for ends; null where there is none. */
  restsUntil: number | null;
  /** The pace of released deliveries: the current rate, and the time that `left` of them will take. */
  drain: (left: number, policy: ThrottlePolicy) => Readonly<{ perSecond: number; estimateMs: number }>;
}>;

type Deps = Readonly<{
  events: Pick<EventStore, "targetsBefore">;
  store: Pick<ThrottleStore, "writeCircuit">;
  routing: Pick<Routing, "findTarget">;
  clock: Clock;
  log: Logger;
  random: () => number;
  metrics?: Pick<DeliveryMetrics, "circuitOpened"> | undefined;
  listener?: CircuitListener | undefined;
}>;

export class Throttles {
  readonly #deps: Deps;
  readonly #byTarget = new Map<string, TargetThrottle>();
  readonly #loaded = new Set<string>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Reads what an earlier run left, before anything else of the webhook. Rejects where its file cannot be used. */
  async load(webhookId: string): Promise<void> {
    if (this.#loaded.has(webhookId)) return;
    const before = await this.#deps.events.targetsBefore(webhookId);
    if (this.#loaded.has(webhookId)) return;
    this.#loaded.add(webhookId);
    const moment = this.#now();
    for (const [targetId, each] of before) {
      if (findOwnTarget(this.#deps.routing, { webhookId, targetId }) === null) continue;
      this.of(targetId).takeUp(each, moment, this.#deps.random());
      this.forgetIfPlain(targetId);
    }
  }

  of(targetId: string): TargetThrottle {
    let throttle = this.#byTarget.get(targetId);
    if (!throttle) {
      throttle = new TargetThrottle();
      this.#byTarget.set(targetId, throttle);
    }
    return throttle;
  }

  forgetIfPlain(targetId: string): void {
    if (this.#byTarget.get(targetId)?.isForgettable(this.#deps.clock.monotonic()))
      this.#byTarget.delete(targetId);
  }

  /** Forgets a target that is gone. */
  forget(targetId: string): void {
    this.#byTarget.delete(targetId);
  }

  /** Circuits that are not closed. */
  get openCircuits(): number {
    let count = 0;
    for (const throttle of this.#byTarget.values()) if (throttle.circuit.state !== "closed") count++;
    return count;
  }

  end(of: OfTarget, policy: ThrottlePolicy, ended: Omit<AttemptEnd, "at" | "random">): void {
    const throttle = this.of(of.targetId);
    const before = throttle.openCircuit;
    throttle.end(policy, { ...ended, at: this.#now(), random: this.#deps.random() });
    const after = throttle.openCircuit;
    if (before === null && after !== null) this.#opened(of, after);
    else if (before !== null && after === null) this.#closed(of, before.openedAt);
  }

  /** Forgets the target's failures, because a person asked for it. Rejects where the webhook's file cannot be used. */
  async reset(of: OfTarget): Promise<void> {
    await this.load(of.webhookId);
    const throttle = this.of(of.targetId);
    const before = throttle.openCircuit;
    throttle.reset();
    if (before !== null) this.#closed(of, before.openedAt);
  }

  /** Releases the target's held deliveries as fast as it takes them. */
  hurry(targetId: string): void {
    this.of(targetId).isRushed = true;
  }

  /** Rejects where the webhook's file cannot be used. */
  async describe(webhookId: string, targetIds: readonly string[]): Promise<readonly ThrottleState[]> {
    await this.load(webhookId);
    return targetIds.map((targetId) => this.#describe(targetId));
  }

  #describe(targetId: string): ThrottleState {
    const throttle = this.of(targetId);
    const now = this.#now();
    const { circuit } = throttle;
    const wallOf = (mono: number) => Math.round(now.wall + mono - now.mono);
    const state: ThrottleState = {
      circuit: {
        state: circuit.state,
        since: throttle.openCircuit?.openedAt ?? null,
        reason: circuit.state === "closed" ? null : circuit.reason,
        nextProbeAt: circuit.state === "open" ? wallOf(Math.max(circuit.nextProbeAt, now.mono)) : null,
      },
      restsUntil: throttle.restsUntil > now.mono ? wallOf(throttle.restsUntil) : null,
      drain: (left, policy) => throttle.drain(left, policy, now.mono),
    };
    this.forgetIfPlain(targetId);
    return state;
  }

  #opened(of: OfTarget, { reason, openedAt }: { reason: string; openedAt: number }): void {
    const { log, metrics, listener } = this.#deps;
    log.warn("a target keeps failing: its deliveries are paused, and it is probed until it responds", {
      webhook_id: of.webhookId,
      target_id: of.targetId,
      reason,
    });
    metrics?.circuitOpened();
    this.#write(of, { openedAt, reason });
    listener?.onCircuitOpened({ ...of, reason, at: openedAt });
  }

  #closed(of: OfTarget, openedAt: number): void {
    const { log, listener } = this.#deps;
    const at = this.#now().wall;
    log.info("a target responds again: its deliveries continue", {
      webhook_id: of.webhookId,
      target_id: of.targetId,
      after_ms: Math.max(0, at - openedAt),
    });
    this.#write(of, null);
    listener?.onCircuitClosed({ ...of, openedAt, at });
  }

  /** Not awaited: a state that is lost is found again by ten failures. */
  #write({ webhookId, targetId }: OfTarget, circuit: { openedAt: number; reason: string } | null): void {
    const { store, log } = this.#deps;
    store.writeCircuit({ webhookId, targetId, circuit }).catch((error: unknown) => {
      log.debug("the state of a circuit could not be stored", {
        target_id: targetId,
        cause: errorMessage(error),
      });
    });
  }

  #now(): Moment {
    const { clock } = this.#deps;
    return { mono: clock.monotonic(), wall: clock.now() };
  }
}
