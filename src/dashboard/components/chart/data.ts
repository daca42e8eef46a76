/** Data of a chart. */

export type ChartSeries = Readonly<{
  label: string;
  tone: "main" | "ok" | "bad";
  /** Drawn below the line, on the same scale. */
  below?: boolean;
}>;

export type ChartBar = Readonly<{
  /** "Mon 23 Nov, 14:00–15:00". */
  name: string;
  /** Label on the axis; null for most bars. */
  tick: string | null;
  /** In the order of the series. */
  values: readonly number[];
  href: string | null;
}>;

export type ChartProps = Readonly<{
  /** Names the chart for screen readers. */
  label: string;
  series: readonly ChartSeries[];
  bars: readonly ChartBar[];
  /** Time zone of the names and ticks. */
  zone: string;
  /** For a strip above a list. */
  low?: boolean;
}>;
