/** Shares the slots for attempts that run at once among targets, so that slow and dead ones never take all of them. */

/** Beyond this many requests at once, more of them only make each slower (measured on loopback). */
const MOST_PER_TARGET = 64;
const FIRST_LIMIT = 8;
const HEALTHY_SLOTS = 256;
/** Targets that fail or are slow have slots of their own and leave the others' alone. */
const UNHEALTHY_SLOTS = 256;
/** A target that turns slow takes its slots along, so there may be more unhealthy ones; sockets are not without end. */
const MOST_SLOTS = 1_024;
/** Bodies of one target in memory at once, estimated by the last ones; one body is always allowed. */
const BYTES_PER_TARGET = 32 * 1024 * 1024;
/** An attempt that runs longer than this makes its target unhealthy until it ends. */
export const SLOW_AFTER_MS = 1_000;

/** A target's share of the slots: its attempts in flight, and how many more it has earned. */
export type Share = {
  /** When each attempt began, in milliseconds of monotonic time, by event id; the oldest first. */
  readonly inFlight: Map<string, number>;
  limit: number;
  isHealthy: boolean;
  lastFailed: boolean;
  hasSucceeded: boolean;
  /** Size of the largest body taken last time. */
  bodyBytes: number;
};

export class Slots {
  readonly #most: number;
  readonly #mostHealthy: number;
  readonly #mostUnhealthy: number;
  #healthy = 0;
  #unhealthy = 0;

  /** `most`: attempts that may run at once, where the process has room for fewer than is usual. */
  constructor(most = MOST_SLOTS) {
    this.#most = Math.min(MOST_SLOTS, most);
    this.#mostHealthy = Math.min(HEALTHY_SLOTS, Math.ceil(this.#most / 2));
    this.#mostUnhealthy = Math.min(UNHEALTHY_SLOTS, Math.floor(this.#most / 2));
  }

  newShare(): Share {
    return {
      inFlight: new Map(),
      limit: FIRST_LIMIT,
      isHealthy: true,
      lastFailed: false,
      hasSucceeded: false,
      bodyBytes: 0,
    };
  }

  /** Attempts under way. */
  get inFlight(): number {
    return this.#healthy + this.#unhealthy;
  }

  /** How many more attempts this share may begin now. */
  room(share: Share): number {
    const own = share.isHealthy ? this.#mostHealthy - this.#healthy : this.#mostUnhealthy - this.#unhealthy;
    const left = Math.min(own, this.#most - this.inFlight);
    return Math.max(0, Math.min(left, this.#limitOf(share) - share.inFlight.size));
  }

  /** True where taking slots is worth a look into the file: not for one slot at a time under load. */
  worthFilling(share: Share): boolean {
    return share.inFlight.size <= this.#limitOf(share) * 0.75;
  }

  begin(share: Share, eventId: string, at: number): void {
    share.inFlight.set(eventId, at);
    if (share.isHealthy) this.#healthy++;
    else this.#unhealthy++;
  }

  /**
   * The limit grows by one a success, which doubles it every round trip, and halves at a failure. `succeeded` is null
   * where the attempt says nothing of the target.
   */
  end(share: Share, eventId: string, ended: { succeeded: boolean | null; now: number }): void {
    share.inFlight.delete(eventId);
    if (share.isHealthy) this.#healthy--;
    else this.#unhealthy--;
    if (ended.succeeded !== null) {
      share.lastFailed = !ended.succeeded;
      if (ended.succeeded) share.hasSucceeded = true;
      share.limit = ended.succeeded
        ? Math.min(MOST_PER_TARGET, share.limit + 1)
        : Math.max(1, Math.floor(share.limit / 2));
    }
    this.review(share, ended.now);
  }

  /** Moves the share to the unhealthy slots or back; called at every end and by a slow sweep. */
  review(share: Share, now: number): void {
    // In order of insertion, so the first is the oldest.
    const oldest = share.inFlight.values().next().value;
    const isHealthy = !share.lastFailed && (oldest === undefined || now - oldest <= SLOW_AFTER_MS);
    if (isHealthy === share.isHealthy) return;
    share.isHealthy = isHealthy;
    const moved = isHealthy ? share.inFlight.size : -share.inFlight.size;
    this.#healthy += moved;
    this.#unhealthy -= moved;
  }

  #limitOf(share: Share): number {
    // In an outage of many, a target that never answered yet is asked once, not eight times.
    if (!share.hasSucceeded && this.#unhealthy >= this.#mostUnhealthy) return 1;
    if (share.bodyBytes === 0) return share.limit;
    return Math.min(share.limit, Math.max(1, Math.floor(BYTES_PER_TARGET / share.bodyBytes)));
  }
}
