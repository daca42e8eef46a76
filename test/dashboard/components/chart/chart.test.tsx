import { expect, test } from "bun:test";
import { Chart } from "../../../../src/dashboard/components/chart/chart.tsx";
import type { ChartBar, ChartSeries } from "../../../../src/dashboard/components/chart/data.ts";

const SERIES: readonly ChartSeries[] = [
  { label: "Received", tone: "main" },
  { label: "Failed", tone: "bad", below: true },
];

async function draw(values: readonly (readonly [number, number])[]): Promise<string> {
  const bars: ChartBar[] = values.map((each, index) => ({
    name: `hour ${index} <b>`,
    tick: index === 0 ? "00:00" : null,
    values: each,
    href: each[0] + each[1] === 0 ? null : `/logs?from=${index}&to=${index}`,
  }));
  return String(await Chart({ label: "A day", series: SERIES, bars, zone: "UTC" }));
}

const numbers = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, n]) => Number(n));

test("a chart draws both series on one scale", async () => {
  const html = await draw([
    [40, 0],
    [0, 20],
  ]);
  const [received] = numbers(html, /class="chart-main"[^>]* height="([\d.]+)"/g);
  const [failed] = numbers(html, /class="chart-bad"[^>]* height="([\d.]+)"/g);
  expect(received).toBeCloseTo(2 * (failed ?? 0), 1);
  expect(html).toContain(">40</text>");
});

test("each bar with a value is a link with a tooltip, and a row of a table that says the same", async () => {
  const html = await draw([
    [1204, 3],
    [0, 0],
  ]);
  expect(html).toContain("<title>hour 0 &lt;b&gt;\nReceived: 1,204\nFailed: 3</title>");
  expect(html.match(/<a /g)).toHaveLength(2);
  expect(html).toContain('href="/logs?from=0&amp;to=0"');
  expect(html).toContain("As a table of 1 row");
  expect(html).toContain(">1,204</td>");
  expect(html).not.toContain("style=");
});

test("the smallest value can be seen beside the largest, and without values there is a scale", async () => {
  const html = await draw([
    [1_000_000, 0],
    [1, 0],
  ]);
  expect(Math.min(...numbers(html, /class="chart-main"[^>]* height="([\d.]+)"/g))).toBe(2);
  expect(html).toContain(">1M</text>");
  expect(await draw([[0, 0]])).toContain(">1</text>");
});
