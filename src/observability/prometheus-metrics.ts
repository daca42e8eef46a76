/** Metrics that are read when scraped, in Prometheus' text format (version 0.0.4). */
import type { Buckets } from "./buckets.ts";

export type Described = Readonly<{ name: string; help: string }>;
export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number];
/** Null if unknown: the metric then has no sample, instead of a misleading 0. */
export type Reading = number | null | readonly Sample[];

type Line = readonly [suffix: string, labels: Labels, value: number];
type Metric = Described & Readonly<{ type: string; read: () => Promise<readonly Line[]> }>;

export class MetricsRegistry {
  static readonly contentType = "text/plain; version=0.0.4; charset=utf-8";
  readonly #metrics: Metric[] = [];

  addCounter(described: Described, read: () => Reading): void {
    this.#metrics.push({ ...described, type: "counter", read: async () => linesOf(read()) });
  }

  addGauge(described: Described, read: () => Reading | Promise<Reading>): void {
    this.#metrics.push({ ...described, type: "gauge", read: async () => linesOf(await read()) });
  }

  addHistogram(described: Described, buckets: Buckets): void {
    this.#metrics.push({ ...described, type: "histogram", read: async () => histogramLines(buckets) });
  }

  /** Formats all metrics, in the order in which they were added. */
  async text(): Promise<string> {
    return (await Promise.all(this.#metrics.map(metricText))).join("\n");
  }
}

async function metricText({ name, help, type, read }: Metric): Promise<string> {
  const lines = (await read()).map(
    ([suffix, labels, value]) => `${name}${suffix}${labelText(labels)} ${valueText(value)}\n`,
  );
  return `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function linesOf(reading: Reading): readonly Line[] {
  if (reading === null) return [];
  if (typeof reading === "number") return [["", {}, reading]];
  return reading.map(([labels, value]) => ["", labels, value]);
}

function histogramLines({ bounds, counts, sum }: Buckets): readonly Line[] {
  let count = 0;
  const lines = [...counts].map((inBucket, index): Line => {
    count += inBucket;
    return ["_bucket", { le: index < bounds.length ? String(bounds[index]) : "+Inf" }, count];
  });
  return [...lines, ["_sum", {}, sum], ["_count", {}, count]];
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function valueText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}
