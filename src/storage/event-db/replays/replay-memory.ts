/** What the steps of one replay remember in this process; a restart loses nothing by forgetting it. */
import type { GivenRoom } from "./replay-room.ts";

/** What one look at the bodies in a worker found: all events after one and up to another that fit, in order. */
export type ReplayScan = Readonly<{ after: string; upTo: string; eventIds: readonly string[] }>;

/** Targets that are apart by less than these look through bodies once. */
const MOST_SCANS = 32;

export class ReplayMemory {
  readonly backlogs: GivenRoom["backlogs"] = new Map();
  /** Targets that have no room for their next delivery, and the cursors at which that was found. */
  readonly stopped = new Map<string, string>();
  /** Where the last step began, as targets that are apart take turns. */
  turn = "";
  readonly #scans: ReplayScan[] = [];

  findScan(cursor: string): ReplayScan | null {
    return this.#scans.find(({ after, upTo }) => after <= cursor && cursor < upTo) ?? null;
  }

  addScan(scan: ReplayScan): void {
    this.#scans.push(scan);
    if (this.#scans.length > MOST_SCANS) this.#scans.shift();
  }
}
