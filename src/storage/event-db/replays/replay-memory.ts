/** State that the steps of one replay keep in this process; a restart loses nothing by forgetting it. */
import type { ReplayRun } from "./replay-run.ts";

/** The result of one scan of bodies in a worker: all matching events after one id and up to another, in order. */
export type ReplayScan = Readonly<{ after: string; upTo: string; eventIds: readonly string[] }>;

/** State that one step leaves to the next, as plain data. */
export type StepMemory = Readonly<{
  /** By target, the number of pending deliveries before the replay. */
  backlogs: readonly (readonly [targetId: string, pending: number])[];
  /** Targets without room for their next delivery, with the cursors at which that was found. */
  stopped: readonly (readonly [targetId: string, cursor: string])[];
  /** Where the last step began, as targets with different cursors take turns. */
  turn: string;
}>;

/** True if the scan has all that matches just after the cursor. */
export function covers({ after, upTo }: ReplayScan, cursor: string): boolean {
  return after <= cursor && cursor < upTo;
}

/** Which of the cursors comes next, as they take turns; undefined if there are none. */
export function nextInTurn(cursors: readonly string[], turn: string): string | undefined {
  const sorted = cursors.toSorted();
  return sorted.find((cursor) => cursor > turn) ?? sorted[0];
}

/** Targets whose cursors differ by no more than this many scans share them. */
const MOST_SCANS = 32;
/** Events of a scan that a step is given: no step takes more. */
export const MOST_GIVEN = 500;

export class ReplayMemory {
  readonly backlogs = new Map<string, number>();
  #stopped: StepMemory["stopped"] = [];
  #turn = "";
  #run: ReplayRun | null = null;
  readonly #scans: ReplayScan[] = [];

  /** State for the next step. */
  get given(): StepMemory {
    return { backlogs: [...this.backlogs], stopped: this.#stopped, turn: this.#turn };
  }

  /** Keeps what a step has left. */
  take({ run, memory }: Readonly<{ run: ReplayRun | null; memory: StepMemory }>): void {
    for (const [targetId, pending] of memory.backlogs) this.backlogs.set(targetId, pending);
    this.#stopped = memory.stopped;
    this.#turn = memory.turn;
    this.#run = run;
  }

  /** Rest of a scan beyond the cursor; null if no scan covers it. */
  findScan(cursor: string): ReplayScan | null {
    const scan = this.#scans.find((each) => covers(each, cursor));
    if (scan === undefined) return null;
    const left = scan.eventIds.filter((id) => id > cursor);
    const eventIds = left.slice(0, MOST_GIVEN);
    const last = left.length > eventIds.length ? eventIds.at(-1) : undefined;
    return { after: cursor, upTo: last ?? scan.upTo, eventIds };
  }

  /** The scan that the next step most likely needs: it begins at the next cursor that can move. */
  nextScan(): ReplayScan | null {
    if (this.#scans.length === 0 || this.#run === null) return null;
    const stopped = new Map(this.#stopped);
    const cursors = this.#run.targets
      .filter(({ state, targetId, cursor }) => state === "running" && stopped.get(targetId) !== cursor)
      .map(({ cursor }) => cursor);
    return this.findScan(nextInTurn(cursors, this.#turn) ?? this.#run.cursor);
  }

  addScan(scan: ReplayScan): void {
    this.#scans.push(scan);
    if (this.#scans.length > MOST_SCANS) this.#scans.shift();
  }
}
