/** Shares out the tries that may run at once, so that slow and dead targets never hold all of them. */

/** Beyond this many requests at once, more of them only make each slower (measured on loopback). */
const MOST_PER_LANE = 64;
const FIRST_LIMIT = 8;
const HEALTHY_PLACES = 256;
/** Lanes that fail or are slow share places of their own and leave the others' alone. */
const SUSPECT_PLACES = 256;
/** Lanes that turn slow take their places along, so the suspects may be more; sockets are not without end. */
const MOST_PLACES = 1_024;
/** Bodies that one lane may hold in memory at once, as far as the last ones tell; one body always may. */
const LANE_BYTES = 32 * 1024 * 1024;
/** An attempt that runs longer than this makes its lane suspect until it ends. */
export const SLOW_AFTER_MS = 1_000;

/** A target's share: what is in flight, and how much of it the target has earned. */
export type Share = {
  /** When each began, in milliseconds of monotonic time, by event id; the oldest first. */
  readonly inFlight: Map<string, number>;
  limit: number;
  suspect: boolean;
  lastFailed: boolean;
  hasSucceeded: boolean;
  /** Size of the largest body taken last time. */
  bodyBytes: number;
};

export class Places {
  readonly #most: number;
  readonly #mostHealthy: number;
  readonly #mostSuspect: number;
  #healthy = 0;
  #suspect = 0;

  /** `most` is how many attempts may run at once at all, where the process has room for fewer than is usual. */
  constructor(most = MOST_PLACES) {
    this.#most = Math.min(MOST_PLACES, most);
    this.#mostHealthy = Math.min(HEALTHY_PLACES, Math.ceil(this.#most / 2));
    this.#mostSuspect = Math.min(SUSPECT_PLACES, Math.floor(this.#most / 2));
  }

  newShare(): Share {
    return {
      inFlight: new Map(),
      limit: FIRST_LIMIT,
      suspect: false,
      lastFailed: false,
      hasSucceeded: false,
      bodyBytes: 0,
    };
  }

  get inFlight(): number {
    return this.#healthy + this.#suspect;
  }

  /** How many more attempts this share may begin now. */
  room(share: Share): number {
    const own = share.suspect ? this.#mostSuspect - this.#suspect : this.#mostHealthy - this.#healthy;
    const left = Math.min(own, this.#most - this.inFlight);
    return Math.max(0, Math.min(left, this.#limitOf(share) - share.inFlight.size));
  }

  /** True where taking places is worth a look into the file: not for one place at a time under load. */
  worthFilling(share: Share): boolean {
    return share.inFlight.size <= this.#limitOf(share) * 0.75;
  }

  begin(share: Share, eventId: string, at: number): void {
    share.inFlight.set(eventId, at);
    if (share.suspect) this.#suspect++;
    else this.#healthy++;
  }

  /** The limit grows by one a success, which doubles it every round trip, and halves at a failure. */
  end(share: Share, eventId: string, ended: { succeeded: boolean; now: number }): void {
    share.inFlight.delete(eventId);
    if (share.suspect) this.#suspect--;
    else this.#healthy--;
    share.lastFailed = !ended.succeeded;
    if (ended.succeeded) share.hasSucceeded = true;
    share.limit = ended.succeeded
      ? Math.min(MOST_PER_LANE, share.limit + 1)
      : Math.max(1, Math.floor(share.limit / 2));
    this.review(share, ended.now);
  }

  /** Moves the share to the suspect places or back; called at every end and by a slow sweep. */
  review(share: Share, now: number): void {
    // In order of insertion, so the first is the oldest.
    const oldest = share.inFlight.values().next().value;
    const suspect = share.lastFailed || (oldest !== undefined && now - oldest > SLOW_AFTER_MS);
    if (suspect === share.suspect) return;
    share.suspect = suspect;
    const moved = suspect ? share.inFlight.size : -share.inFlight.size;
    this.#suspect += moved;
    this.#healthy -= moved;
  }

  #limitOf(share: Share): number {
    // In an outage of many, a target that never answered yet is asked once, not eight times.
    if (!share.hasSucceeded && this.#suspect >= this.#mostSuspect) return 1;
    if (share.bodyBytes === 0) return share.limit;
    return Math.min(share.limit, Math.max(1, Math.floor(LANE_BYTES / share.bodyBytes)));
  }
}
