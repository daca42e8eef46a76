/** Divides a time into the spans that a chart shows: minutes, hours, days or months of the reader's time zone. */
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../lib/clock.ts";
import { formatLocalTime, fromLocal, offsetAt } from "./zoned-time.ts";

export type Span = Readonly<{
  from: number;
  /** Not included. */
  to: number;
  /** "Mon 23 Nov, 14:00–15:00". */
  name: string;
  /** Label on the axis; null for most spans. */
  tick: string | null;
  /** The first and the last minute as the zone's clocks show them, such as "2026-11-23T14:00". */
  firstMinute: string;
  lastMinute: string;
}>;

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] as const;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"] as const;
/** Labels on an axis, of which a phone shows every second one. */
const MOST_TICKS = 8;

export const CHART_RANGES = ["24h", "7d", "30d", "1y"] as const;
export type ChartRange = (typeof CHART_RANGES)[number];

export const CHART_RANGE_LABELS: Readonly<Record<ChartRange, string>> = {
  "24h": "24 hours",
  "7d": "7 days",
  "30d": "30 days",
  "1y": "12 months",
};

type Near = Readonly<{ now: number; zone: string }>;

/** Spans that begin with whole hours, oldest first, ending with the present one. */
export function spansOf(range: ChartRange, { now, zone }: Near): readonly Span[] {
  switch (range) {
    case "24h":
      return steps({ from: lastHours(now, 24), count: 24, step: HOUR_MS, zone });
    case "7d":
      return steps({ from: lastHours(now, 7 * 24), count: 7 * 24, step: HOUR_MS, zone });
    case "30d":
      return days(30, { now, zone });
    case "1y":
      return months(12, { now, zone });
  }
}

function lastHours(now: number, count: number): number {
  return now - (now % HOUR_MS) - (count - 1) * HOUR_MS;
}

const STEPS = [
  ...[MINUTE_MS, 2 * MINUTE_MS, 5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS],
  ...[HOUR_MS, 3 * HOUR_MS, 6 * HOUR_MS, 12 * HOUR_MS],
];
const MOST_SPANS = 60;
/** Above this many days, spans are months. */
const MOST_DAYS = 90;

/** At most about ninety spans of a handy length that cover the time from `from` to `to`. */
export function spansBetween({
  from,
  to,
  zone,
}: {
  from: number;
  to: number;
  zone: string;
}): readonly Span[] {
  const step = STEPS.find((each) => (to - from) / each <= MOST_SPANS);
  if (step !== undefined) {
    const offset = offsetAt(from, zone);
    const first = Math.floor((from + offset) / step) * step - offset;
    return steps({ from: first, count: Math.floor((to - first) / step) + 1, step, zone });
  }
  const count = Math.ceil((to - from) / DAY_MS) + 1;
  if (count <= MOST_DAYS) return days(count, { now: to, zone }).filter((span) => span.to > from);
  return months(Math.ceil(count / 28) + 1, { now: to, zone }).filter((span) => span.to > from);
}

/** True if the tallies of hours have all that is needed to fill the spans. */
export function areWholeHours(spans: readonly Span[]): boolean {
  return spans.every(({ from, to }) => from % HOUR_MS === 0 && to % HOUR_MS === 0);
}

/** The index of the span that contains `at`; -1 if none does. */
export function spanIndex(spans: readonly Span[], at: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.to ?? at) <= at) low = middle + 1;
    else high = middle;
  }
  const found = spans[low];
  return found !== undefined && found.from <= at ? low : -1;
}

function steps({
  from,
  count,
  step,
  zone,
}: {
  from: number;
  count: number;
  step: number;
  zone: string;
}): readonly Span[] {
  const first = offsetAt(from, zone);
  // No zone changes its clocks twice within days.
  const isSteady = first === offsetAt(from + count * step, zone);
  const tickStep = tickStepOf(count * step);
  return Array.from({ length: count }, (_, index) => {
    const at = from + index * step;
    const offset = isSteady ? first : offsetAt(at, zone);
    const local = at + offset;
    // Some zones are half an hour apart from the tallies' hours.
    const isTick = local % tickStep < step;
    return {
      from: at,
      to: at + step,
      firstMinute: minuteOf(local),
      lastMinute: minuteOf(local + step - MINUTE_MS),
      name: `${dayName(local)}, ${timeOf(local)}–${timeOf(local + step)}`,
      tick: !isTick ? null : local % DAY_MS < step ? dayTick(local) : timeOf(local),
    };
  });
}

/** The distance of the axis's labels. */
function tickStepOf(length: number): number {
  const handy = [...STEPS, 15 * MINUTE_MS].sort((a, b) => a - b);
  return (
    handy.find((step) => length / step <= MOST_TICKS) ?? Math.ceil(length / MOST_TICKS / DAY_MS) * DAY_MS
  );
}

function days(count: number, { now, zone }: Near): readonly Span[] {
  const today = dayOf(now + offsetAt(now, zone));
  const edges = Array.from({ length: count + 1 }, (_, index) => today + (index + 1 - count) * DAY_MS);
  const every = Math.ceil(count / MOST_TICKS);
  return betweenEdges(edges, zone, (local, index) => ({
    name: dayName(local),
    tick: (count - 1 - index) % every === 0 ? dateOf(local) : null,
  }));
}

function months(count: number, { now, zone }: Near): readonly Span[] {
  const local = new Date(now + offsetAt(now, zone));
  const [year, month] = [local.getUTCFullYear(), local.getUTCMonth()];
  const edges = Array.from({ length: count + 1 }, (_, index) => Date.UTC(year, month + index + 1 - count));
  const every = Math.ceil(count / 12);
  return betweenEdges(edges, zone, (at, index) => {
    const date = new Date(at);
    const name = MONTHS[date.getUTCMonth()] ?? "";
    return {
      name: `${name} ${date.getUTCFullYear()}`,
      tick: (count - 1 - index) % every === 0 ? name : null,
    };
  });
}

/** `edges` are local; spans begin and end with whole hours, as the tallies do. */
function betweenEdges(
  edges: readonly number[],
  zone: string,
  describe: (local: number, index: number) => Pick<Span, "name" | "tick">,
): readonly Span[] {
  const starts = edges.map((edge) => Math.floor(fromLocal(edge, zone) / HOUR_MS) * HOUR_MS);
  return starts.slice(0, -1).map((from, index) => {
    const to = starts[index + 1] ?? from;
    return {
      from,
      to,
      firstMinute: formatLocalTime(from, zone),
      lastMinute: formatLocalTime(to - MINUTE_MS, zone),
      ...describe(edges[index] ?? from, index),
    };
  });
}

function dayOf(local: number): number {
  return Math.floor(local / DAY_MS) * DAY_MS;
}

/** "23 Nov". */
function dateOf(local: number): string {
  const date = new Date(local);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** "Mon 23 Nov". */
function dayName(local: number): string {
  return `${WEEKDAYS[new Date(local).getUTCDay()]} ${dateOf(local)}`;
}

/** "Mon 23". */
function dayTick(local: number): string {
  const date = new Date(local);
  return `${WEEKDAYS[date.getUTCDay()]} ${date.getUTCDate()}`;
}

function minuteOf(local: number): string {
  return new Date(local).toISOString().slice(0, 16);
}

/** "14:00". */
function timeOf(local: number): string {
  return new Date(local).toISOString().slice(11, 16);
}
