/** Searches bodies for a replay by text, the oldest first, within a time limit; runs in a Worker. */
import type { Pause } from "../event-search.ts";
import type { ReadableFile } from "../event-summary.ts";
import type { ReplayScan } from "./replay-memory.ts";
import type { ReplayOrder } from "./replay-run.ts";
import { ReplaySelector } from "./replay-selection.ts";

/** Events read between two checks of the time. */
const WINDOW = 1_000;
/** Found events after which a scan ends: no more are replayed before the next one. */
const ENOUGH = 100;

/** Searches at least one body to its end, whatever the time is. */
export async function scanForReplay(
  file: ReadableFile,
  wanted: Readonly<{ order: ReplayOrder; after: string; lastEventId: string }>,
  pause: Pause,
): Promise<ReplayScan> {
  const { order, after, lastEventId } = wanted;
  const selector = new ReplaySelector(file, order, lastEventId);
  const eventIds: string[] = [];
  for (let upTo = after; ; ) {
    const window = selector.findWindow(upTo, WINDOW);
    const scan = window && selector.scan(window);
    // Nothing is left: the cursor moves to the last event, and the replay ends.
    if (window === null || scan === null) return { after, upTo: lastEventId, eventIds };
    for (const _part of scan.run()) {
      if (pause.isTimeUp() && (upTo > after || scan.reached > window.after)) break;
      await pause.yieldToOthers();
    }
    eventIds.push(...scan.ids);
    upTo = scan.isWhole ? window.upTo : scan.reached;
    if (upTo > after && (eventIds.length >= ENOUGH || pause.isTimeUp())) return { after, upTo, eventIds };
    await pause.yieldToOthers();
  }
}
