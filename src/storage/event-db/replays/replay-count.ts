/** Counts what a replay would deliver, within a time limit; runs in a Worker. */
import type { Database } from "bun:sqlite";
import type { ReplayOrder } from "./replay-run.ts";
import { ReplaySelector } from "./replay-selection.ts";

/** Events per window. Between two windows the WAL can be restarted, and the time is checked. */
const WINDOW = 5_000;
/** Sorts after every UUID. */
const NO_END = "g";

export type CountedReplay = Readonly<{
  events: number;
  /** Deliveries by target, including those to deleted targets. */
  deliveries: readonly (readonly [targetId: string, count: number])[];
  isExact: boolean;
  /** Number of events that could not be searched for the text. */
  notSearched: number;
}>;

export function countReplay(options: {
  db: Database;
  order: ReplayOrder;
  /** Null: up to the newest event. */
  lastEventId: string | null;
  isTimeUp: () => boolean;
}): CountedReplay {
  const { db, order, lastEventId, isTimeUp } = options;
  const selector = new ReplaySelector({ db }, order, lastEventId ?? NO_END);
  const byTarget = new Map<string, number>();
  let events = 0;
  let notSearched = 0;
  const add = (targetId: string, count: number) =>
    byTarget.set(targetId, (byTarget.get(targetId) ?? 0) + count);
  const counted = (isExact: boolean) => ({ events, deliveries: [...byTarget], isExact, notSearched });
  for (let after = selector.begin; ; ) {
    const window = selector.findWindow(after, WINDOW);
    if (window === null) return counted(true);
    const scan = selector.scan(window);
    for (const _part of scan?.run() ?? []) if (isTimeUp()) break;
    const found = scan === null ? selector.countEvents(window) : scan.ids.length;
    events += found;
    notSearched += scan?.notSearched ?? 0;
    if (order.targetId !== null) add(order.targetId, found);
    else if (found > 0) {
      const counts = selector.countDeliveries(window, scan?.ids ?? null);
      for (const [targetId, count] of counts) add(targetId, count);
    }
    after = scan === null || scan.isWhole ? window.upTo : scan.reached;
    if (isTimeUp()) return counted(false);
  }
}
