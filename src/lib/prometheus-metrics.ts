/** Prometheus metrics that are read when they are scraped: the library keeps nothing, and counts nothing. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Buckets } from "./buckets.ts";

export type Described = Readonly<{ name: string; help: string; labelNames?: readonly string[] }>;
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];
/** Null: not known, and nothing is shown rather than a 0 that is none. */
export type Reading = number | null | readonly Sample[];

export function addCounter(registry: Registry, described: Described, read: () => Reading): void {
  new Counter({
    ...described,
    registers: [registry],
    collect() {
      this.reset();
      for (const [labels, value] of samplesOf(read())) this.inc(labels, value);
    },
  });
}

export function addGauge(
  registry: Registry,
  described: Described,
  read: () => Reading | Promise<Reading>,
): void {
  new Gauge({
    ...described,
    registers: [registry],
    async collect() {
      const samples = samplesOf(await read());
      this.reset();
      // A gauge without labels has a 0 after a reset.
      if (samples.length === 0) this.remove();
      for (const [labels, value] of samples) this.set(labels, value);
    },
  });
}

export function addHistogram(registry: Registry, described: Described, buckets: Buckets): void {
  new BucketHistogram(described, buckets, registry);
}

/** The library can only observe values one by one; these were counted already. */
class BucketHistogram extends Histogram {
  readonly #described: Described;
  readonly #buckets: Buckets;

  constructor(described: Described, buckets: Buckets, registry: Registry) {
    super({ ...described, buckets: [...buckets.bounds], registers: [registry] });
    this.#described = described;
    this.#buckets = buckets;
  }

  /** What the registry asks a metric for. */
  async getForPromString() {
    const { name, help } = this.#described;
    const { bounds, counts, sum } = this.#buckets;
    let count = 0;
    const values: { metricName: string; labels: Record<string, string>; value: number }[] = [];
    for (const [index, inBucket] of counts.entries()) {
      count += inBucket;
      const le = index < bounds.length ? String(bounds[index]) : "+Inf";
      values.push({ metricName: `${name}_bucket`, labels: { le }, value: count });
    }
    values.push({ metricName: `${name}_sum`, labels: {}, value: sum });
    values.push({ metricName: `${name}_count`, labels: {}, value: count });
    return { name, help, type: "histogram", aggregator: "sum", values };
  }
}

function samplesOf(reading: Reading): readonly Sample[] {
  if (reading === null) return [];
  return typeof reading === "number" ? [[{}, reading]] : reading;
}
