/** State that the steps of one replay keep in this process; a restart loses nothing by forgetting it. */
import type { GivenRoom } from "./replay-room.ts";

/** The result of one scan of bodies in a worker: all matching events after one id and up to another, in order. */
export type ReplayScan = Readonly<{ after: string; upTo: string; eventIds: readonly string[] }>;

/** Targets whose cursors differ by no more than this many scans share them. */
const MOST_SCANS = 32;

export class ReplayMemory {
  readonly backlogs: GivenRoom["backlogs"] = new Map();
  /** Targets without room for their next delivery, with the cursors at which that was found. */
  readonly stopped = new Map<string, string>();
  /** Where the last step began, as targets with different cursors take turns. */
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
