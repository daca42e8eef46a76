/** All targets whose deliveries are fetched: where the delivery engine and the programs that pull meet. */
import type { Clock } from "../../lib/clock.ts";
import type { Logger } from "../../observability/log.ts";
import type { AttemptRoom, DeliveryAttempt, Outcome, Released } from "../target-type.ts";
import type { PullConfig } from "./pull-config.ts";
import { type Lease, type Presence, type Pull, PulledTarget } from "./pulled-target.ts";

const NOBODY: Presence = { isConnected: false, lastPullAt: null, leased: 0 };

export class Pulls {
  readonly #clock: Clock;
  readonly #log: Pick<Logger, "debug">;
  readonly #onWanted: (webhookId: string) => void;
  readonly #byTarget = new Map<string, PulledTarget>();
  /** When each target was pulled last, of those that were since `takeLastPulls`. */
  readonly #lastPulls = new Map<string, number>();
  #isStopped = false;

  /** `onWanted` is called where a puller waits for deliveries of the webhook that the engine has not been asked for. */
  constructor(deps: { clock: Clock; log: Pick<Logger, "debug">; onWanted?: (webhookId: string) => void }) {
    this.#clock = deps.clock;
    this.#log = deps.log;
    this.#onWanted = deps.onWanted ?? (() => undefined);
  }

  readonly roomFor: AttemptRoom = ({ targetId, inFlight }) => {
    // Without an object, the next pull asks the engine by itself.
    return this.#byTarget.get(targetId)?.room(inFlight) ?? 0;
  };

  deliver(attempt: DeliveryAttempt<PullConfig>): Promise<Outcome | Released> {
    return this.#of(attempt.target.id).deliver(attempt);
  }

  /** The caller has checked that the target is of this type, active, and the webhook's. */
  async take({ webhookId, targetId, ...pull }: Pull & { webhookId: string; targetId: string }) {
    const leases = await this.#of(targetId).take(pull, () => this.#onWanted(webhookId));
    this.#lastPulls.set(targetId, this.#clock.now());
    return leases;
  }

  /** False where the delivery is not leased to this target, or no more. */
  settle(ended: { targetId: string; leaseId: string; outcome: Outcome | Released }): boolean {
    return this.#byTarget.get(ended.targetId)?.settle(ended.leaseId, ended.outcome) ?? false;
  }

  presence(targetId: string): Presence {
    return this.#byTarget.get(targetId)?.presence ?? NOBODY;
  }

  /** Returns when each target was pulled last, by target, of those that were since the last call. */
  takeLastPulls(): ReadonlyMap<string, number> {
    for (const [targetId, target] of this.#byTarget) {
      // A pull that still waits goes on for as long as it waits.
      const { isConnected } = target.presence;
      if (isConnected) this.#lastPulls.set(targetId, this.#clock.now());
      else if (target.isForgettable) this.#byTarget.delete(targetId);
    }
    const taken = new Map(this.#lastPulls);
    this.#lastPulls.clear();
    return taken;
  }

  /** Answers all pulls, and lets go of all deliveries, which stay pending. */
  stop(): void {
    this.#isStopped = true;
    for (const target of this.#byTarget.values()) target.stop();
  }

  #of(targetId: string): PulledTarget {
    let target = this.#byTarget.get(targetId);
    if (target === undefined) {
      target = new PulledTarget({
        clock: this.#clock,
        onExpired: ({ event }) =>
          this.#log.debug("a puller did not answer in time: its delivery is due again", {
            target_id: targetId,
            event_id: event.id,
          }),
      });
      if (this.#isStopped) target.stop();
      this.#byTarget.set(targetId, target);
    }
    return target;
  }
}

export type { Lease, Presence };
