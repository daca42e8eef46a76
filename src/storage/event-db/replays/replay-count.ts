/** Counts what a replay would take, for as long as it may; runs in a Worker. */
import type { Database } from "bun:sqlite";
import type { ReplayOrder } from "./replay-run.ts";
import { ReplaySelector } from "./replay-selection.ts";

/** Between two windows others may write the log over, and the time is looked at. */
const WINDOW = 5_000;
/** Sorts after every UUID. */
const NO_END = "g";

export type CountedReplay = Readonly<{
  events: number;
  /** Deliveries by target, those to deleted ones too. */
  deliveries: readonly (readonly [targetId: string, count: number])[];
  isExact: boolean;
  /** Events of which it cannot be said whether they have the text that is looked for. */
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
