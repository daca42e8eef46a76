/** What waits to be written to one webhook's file, and whether the next group of it may begin. */
import type { Write } from "./writes.ts";

/** Groups of one file that may be on their way to disk at once: the next is committed while one is synced. */
const GROUPS_UNDER_WAY = 2;
/** Writes in one transaction: as many events of 1 KB take about 8 ms of the event loop. */
const GROUP = 256;

/** While no more groups may begin, the next writes gather. */
export type Queue = {
  readonly webhookId: string;
  writes: Write[];
  /** Groups committed or being committed, and not yet synced. */
  underWay: number;
  scheduled: boolean;
  checkpointing: boolean;
  /** Called once no group is under way; no new one begins before. */
  hold: (() => void) | null;
  /** The log is being started over: nothing may be written. */
  held: boolean;
};

export function newQueue(webhookId: string): Queue {
  return {
    webhookId,
    writes: [],
    underWay: 0,
    scheduled: false,
    checkpointing: false,
    hold: null,
    held: false,
  };
}

export function mayBegin(queue: Queue): boolean {
  return queue.underWay < GROUPS_UNDER_WAY && !queue.held && queue.hold === null;
}

/** The longest waiting; the rest is the next group's. */
export function takeGroup(queue: Queue): readonly Write[] {
  return queue.writes.splice(0, GROUP);
}
