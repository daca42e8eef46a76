/** The one scale of a chart: how high a value is drawn, and the lines with numbers. Pure. */
import type { ChartBar, ChartSeries } from "./data.ts";

/** Heights in pixels. */
export const PLOT = { tall: 132, low: 56 } as const;
export const TOP = 10;
const MOST_LINES = { tall: 4, low: 2 } as const;

export const plain = new Intl.NumberFormat("en");

export type ChartScale = Readonly<{
  /** Pixels per unit. */
  unit: number;
  /** Where zero is. */
  zeroY: number;
  lines: readonly Readonly<{ value: number; y: number }>[];
}>;

export function scaleOf(
  series: readonly ChartSeries[],
  bars: readonly ChartBar[],
  size: "tall" | "low",
): ChartScale {
  const above = Math.max(0, ...bars.map((bar) => sumOf(series, bar, false)));
  const below = Math.max(0, ...bars.map((bar) => sumOf(series, bar, true)));
  const step = stepOf(Math.max(1, above + below) / MOST_LINES[size]);
  const linesAbove = Math.max(1, Math.ceil(above / step));
  const linesBelow = Math.ceil(below / step);
  const count = linesAbove + linesBelow;
  const unit = PLOT[size] / (count * step);
  const zeroY = TOP + linesAbove * step * unit;
  const lines = Array.from({ length: count + 1 }, (_, index) => {
    const value = (linesAbove - index) * step;
    return { value, y: round(zeroY - value * unit) };
  });
  return { unit, zeroY, lines };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function stepOf(least: number): number {
  if (least <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least) ?? 10) * power;
}

function sumOf(series: readonly ChartSeries[], { values }: ChartBar, isBelow: boolean): number {
  return series.reduce(
    (sum, { below = false }, index) => (below === isBelow ? sum + (values[index] ?? 0) : sum),
    0,
  );
}

/** Short in the markup. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
