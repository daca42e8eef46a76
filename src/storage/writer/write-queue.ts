/** What waits to be written to one webhook's file, and whether the next group of it may begin. */
import type { Write } from "./writes.ts";

/** Groups of one file that may be on their way to disk at once: the next is committed while one is synced. */
const GROUPS_UNDER_WAY = 2;
/** Writes in one transaction: as many events of 1 KB take about 8 ms of the event loop. */
const GROUP = 256;
/** Fewer are not worth a transaction of their own. */
const MANY = 12;

/** While no more groups may begin, the next writes gather. */
export type Queue = {
  readonly webhookId: string;
  writes: Write[];
  /** Groups committed or being committed, and not yet synced. */
  underWay: number;
  scheduled: boolean;
  /** The last group was the durable ones alone. */
  hasLeftOthers: boolean;
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
    hasLeftOthers: false,
    checkpointing: false,
    hold: null,
    held: false,
  };
}

export function mayBegin(queue: Queue): boolean {
  return queue.underWay < GROUPS_UNDER_WAY && !queue.held && queue.hold === null;
}

/**
 * The longest waiting; the rest is the next group's. Where there are many of both, events go first: what need not wait
 * for the disk is written while it is waited for.
 */
export function takeGroup(queue: Queue): readonly Write[] {
  const durable = queue.writes.filter((write) => write.durable);
  const others = queue.writes.length - durable.length;
  queue.hasLeftOthers =
    !queue.hasLeftOthers && durable.length >= MANY && durable.length <= GROUP && others >= MANY;
  if (!queue.hasLeftOthers) return queue.writes.splice(0, GROUP);
  queue.writes = queue.writes.filter((write) => !write.durable);
  return durable;
}
