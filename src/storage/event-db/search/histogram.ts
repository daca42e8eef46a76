/** Counts the events of a filter in spans of time, the newest first, within a time limit. */
import { timeOfId } from "../../../lib/ids.ts";
import type { EventFilter } from "../event-filter.ts";
import { findStepEnd, type Pause, prepareQuery, takeIds } from "../event-search.ts";
import type { ReadableFile } from "../event-summary.ts";

export type HistogramOrder = Readonly<{
  filter: EventFilter;
  /** Starts of the spans, oldest first; each ends where the next begins. Earlier events are not counted. */
  starts: readonly number[];
}>;

export type Histogram = Readonly<{
  /** One for each span. */
  counts: readonly number[];
  /** Receive time of the last event that was looked at, if the time was up before all were. */
  countedBackTo: number | null;
}>;

/** `isTimeUp` is asked between steps and within large bodies; at least one step or one body is done. */
export async function countSpans(
  file: ReadableFile,
  { filter, starts }: HistogramOrder,
  pause: Pause,
): Promise<Histogram> {
  const counts = starts.map(() => 0);
  const query = prepareQuery(file, filter);
  if (query === null) return { counts, countedBackTo: null };
  const { source, oldest } = query;
  let below = query.newest;
  // The events come in the order of time, and so do their spans.
  let span = starts.length - 1;
  for (;;) {
    const end = findStepEnd(file, source, { below, from: oldest });
    const step = await takeIds(file, query, { bounds: { below, from: end ?? oldest }, limit: -1, pause });
    for (const id of step.found) {
      const at = timeOfId(id);
      while (span >= 0 && at < (starts[span] ?? 0)) span--;
      const before = counts[span];
      if (before !== undefined) counts[span] = before + 1;
    }
    const reached = step.reached ?? end;
    if (reached === null) return { counts, countedBackTo: null };
    below = reached;
    if (pause.isTimeUp()) return { counts, countedBackTo: timeOfId(below) };
    await pause.yieldToOthers();
  }
}
