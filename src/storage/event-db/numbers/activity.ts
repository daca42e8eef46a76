/** Adds up the tallies of hours for the spans of a chart. */
import { HOUR_MS } from "../../../lib/clock.ts";
import type { EventFile } from "../event-file.ts";

/** `to` is not included; both are the starts of hours. */
export type HourSpan = Readonly<{ from: number; to: number }>;

export type Activity = Readonly<{
  received: number;
  /** Attempts. */
  delivered: number;
  failed: number;
}>;

type CountedRow = { span: number; received: number; delivered: number; failed: number };

/** One for each span, which follow each other, oldest first. */
export function readActivity(file: EventFile, spans: readonly HourSpan[]): readonly Activity[] {
  const counted = file.db
    .query<CountedRow, [string]>(
      `SELECT s.key AS span, sum(received) AS received, sum(delivered) AS delivered, sum(failed) AS failed
        FROM json_each(?) s CROSS JOIN counted_hours h ON h.hour >= s.value ->> 0 AND h.hour < s.value ->> 1
        GROUP BY 1`,
    )
    .all(JSON.stringify(spans.map(({ from, to }) => [from, to])));
  const bySpan = new Map(counted.map(({ span, ...activity }) => [span, activity]));
  const activities = spans.map((_, index) => bySpan.get(index) ?? { received: 0, delivered: 0, failed: 0 });
  // Apart from the others: in one query with them, every hour of the file would be read.
  const uncounted = file.db
    .query<{ hour: number; n: number }, []>(
      `SELECT received_at - received_at % ${HOUR_MS} AS hour, count(*) AS n FROM uncounted_events GROUP BY 1`,
    )
    .all();
  for (const { hour, n } of uncounted) {
    const activity = activities[spans.findIndex(({ from, to }) => from <= hour && hour < to)];
    if (activity) activity.received += n;
  }
  return activities;
}
