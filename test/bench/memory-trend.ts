/** Decides from samples of many minutes whether a process' memory stays flat, and how certain that is. */
import { median } from "./table.ts";

/** Most by which the last third may exceed the first. */
const FLAT_SHARE = 0.1;
/** With fewer minutes the error of the growth is meaningless. */
const LEAST_MINUTES = 4;

type MemoryTrend = Readonly<{
  /** Medians in bytes. */
  firstThird: number;
  lastThird: number;
  /** Bytes per minute: slope of the least squares' line through the minutes' medians, and twice its standard error. */
  growth: number;
  error: number;
  /** Null if there were too few minutes to tell. */
  isFlat: boolean | null;
}>;

/** `minutes` are samples in bytes. Leave out the first minute, in which lasting data is allocated. */
export function memoryTrend(minutes: readonly (readonly number[])[]): MemoryTrend {
  const samples = minutes.flat();
  const third = Math.max(1, Math.floor(samples.length / 3));
  const firstThird = median(samples.slice(0, third));
  const lastThird = median(samples.slice(-third));
  const { slope, error } = fitLine(minutes.map(median));
  const isFlat = lastThird <= firstThird * (1 + FLAT_SHARE) && slope <= error;
  return {
    firstThird,
    lastThird,
    growth: slope,
    error,
    isFlat: minutes.length < LEAST_MINUTES ? null : isFlat,
  };
}

function fitLine(values: readonly number[]): { slope: number; error: number } {
  const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const middle = (values.length - 1) / 2;
  const height = mean(values);
  const spread = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  const slope = values.reduce((sum, value, index) => sum + (index - middle) * (value - height), 0) / spread;
  const rest = values.reduce(
    (sum, value, index) => sum + (value - height - slope * (index - middle)) ** 2,
    0,
  );
  return { slope, error: 2 * Math.sqrt(rest / (values.length - 2) / spread) };
}
