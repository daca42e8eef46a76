import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Buckets } from "../../src/observability/buckets.ts";
import { MetricsRegistry } from "../../src/observability/prometheus-metrics.ts";

describe("the text for Prometheus", () => {
  test("has help, type and samples of each metric, in the order in which they were added", async () => {
    const registry = new MetricsRegistry();
    const buckets = new Buckets([0.1, 1]);
    for (const ms of [50, 500, 7_000]) buckets.observe(ms);
    registry.addCounter({ name: "b_total", help: "Second\nline \\ end" }, () => 3);
    registry.addGauge({ name: "a", help: "First" }, async () => [
      [{ of: "x", at: "y" }, 1.5],
      [{ of: "z" }, Number.POSITIVE_INFINITY],
    ]);
    registry.addGauge({ name: "unknown", help: "Not known" }, () => null);
    registry.addHistogram({ name: "took_seconds", help: "Took" }, buckets);
    expect(await registry.text()).toBe(`# HELP b_total Second\\nline \\\\ end
# TYPE b_total counter
b_total 3

# HELP a First
# TYPE a gauge
a{of="x",at="y"} 1.5
a{of="z"} +Inf

# HELP unknown Not known
# TYPE unknown gauge

# HELP took_seconds Took
# TYPE took_seconds histogram
took_seconds_bucket{le="0.1"} 1
took_seconds_bucket{le="1"} 2
took_seconds_bucket{le="+Inf"} 3
took_seconds_sum 7.55
took_seconds_count 3
`);
  });

  test("keeps any label value within its quotes and on its line", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary", maxLength: 20 }), fc.double(), async (value, number) => {
        const registry = new MetricsRegistry();
        registry.addGauge({ name: "m", help: "h" }, () => [[{ l: value }, number]]);
        const line = (await registry.text()).split("\n")[2] ?? "";
        const [, quoted = "", shown = ""] = /^m\{l="((?:[^"\\\n]|\\[\\n"])*)"\} (\S+)$/.exec(line) ?? [];
        const read = quoted.replace(/\\([\\n"])/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
        expect(read).toBe(value);
        expect(Number(shown.replace("Inf", "Infinity")) === number || Number.isNaN(number)).toBe(true);
      }),
    );
  });
});
