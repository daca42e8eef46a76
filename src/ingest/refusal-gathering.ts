/** Gathers what a follower of a cluster refuses and accepts, for its leader, which alone counts. */
import type { RefusalReason } from "../storage/main-db/refusals.ts";

/** Requests that a node refused and accepted at an entrypoint since its last report. */
export type RefusalReport = Readonly<{
  entrypointId: string;
  /** Requests by reason. */
  refused: Readonly<Record<string, number>>;
  /** True if requests were accepted too. */
  isAccepting: boolean;
}>;

type Gathered = { refused: Map<string, number>; isAccepting: boolean };

export class RefusalGathering {
  /** Bounded by the number of entrypoints that exist. */
  #gathered = new Map<string, Gathered>();

  refused(entrypointId: string, reason: RefusalReason): void {
    addTo(this.#find(entrypointId).refused, reason, 1);
  }

  accepted(entrypointId: string): void {
    this.#find(entrypointId).isAccepting = true;
  }

  /** Adds a report that could not be delivered. */
  add({ entrypointId, refused, isAccepting }: RefusalReport): void {
    const of = this.#find(entrypointId);
    for (const [reason, requests] of Object.entries(refused)) addTo(of.refused, reason, requests);
    of.isAccepting ||= isAccepting;
  }

  /** Returns what was gathered, and forgets it. */
  take(): readonly RefusalReport[] {
    const taken = this.#gathered;
    this.#gathered = new Map();
    return Array.from(taken, ([entrypointId, { refused, isAccepting }]) => ({
      entrypointId,
      refused: Object.fromEntries(refused),
      isAccepting,
    }));
  }

  #find(entrypointId: string): Gathered {
    const known = this.#gathered.get(entrypointId);
    if (known) return known;
    const of = { refused: new Map<string, number>(), isAccepting: false };
    this.#gathered.set(entrypointId, of);
    return of;
  }
}

export function addTo<Reason extends string>(
  counts: Map<Reason, number>,
  reason: Reason,
  requests: number,
): void {
  counts.set(reason, (counts.get(reason) ?? 0) + requests);
}
