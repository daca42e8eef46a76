/** How long an apply of a thousand changes holds up the event loop, and with it a request at the same moment. */
import { z } from "zod";
import { type Gateway, startGateway } from "./gateway.ts";
import { between, boundOf, METRICS, readLag } from "./lag.ts";
import type { BenchOptions } from "./options.ts";
import { makeFolder } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

/** Each with an entrypoint and two targets. */
const WEBHOOKS = 250;
const GOAL_MS = 50;
const applied = z.object({ changes: z.array(z.unknown()) });

type Row = Readonly<{ changes: number; tookMs: number; slowestMs: number; lag: string }>;

export async function apply({ rounds }: BenchOptions): Promise<void> {
  const gateway = await startGateway(makeFolder(), { env: METRICS });
  const rows = new Map<string, Row[]>();
  const note = (what: string, row: Row) => rows.set(what, [...(rows.get(what) ?? []), row]);
  for (let round = 0; round < rounds; round++) {
    progress(`apply: round ${round + 1} of ${rounds}`);
    note("create all", await measure(gateway, { document: documentOf("a") }));
    note("change all", await measure(gateway, { document: documentOf("b") }));
    note("change nothing", await measure(gateway, { document: documentOf("b") }));
    note("delete all", await measure(gateway, { document: { version: 1, webhooks: {} }, prune: true }));
  }
  await gateway.stop();
  printTable(
    `An apply of ${WEBHOOKS} webhooks, each with an entrypoint and two targets, beside a program that asks all the time`,
    ["apply", "changes", "takes ms", `slowest answer ms (goal ${GOAL_MS})`, "loop lag, largest ms"],
    [...rows].map(([what, all]) => [
      what,
      figure(all[0]?.changes ?? 0),
      figure(median(all.map(({ tookMs }) => tookMs))),
      figure(median(all.map(({ slowestMs }) => slowestMs))),
      all.map(({ lag }) => lag).join(", "),
    ]),
  );
}

async function measure(gateway: Gateway, body: unknown): Promise<Row> {
  const before = await readLag(gateway.origin);
  const end = new AbortController();
  const asking = slowestAnswer(gateway.origin, end.signal);
  const since = performance.now();
  const { changes } = await gateway.put("/config", body, applied);
  const tookMs = performance.now() - since;
  end.abort();
  const slowestMs = await asking;
  const lag = boundOf(between(before, await readLag(gateway.origin)), 1);
  return { changes: changes.length, tookMs, slowestMs, lag };
}

async function slowestAnswer(origin: string, until: AbortSignal): Promise<number> {
  let slowest = 0;
  while (!until.aborted) {
    const since = performance.now();
    await (await fetch(`${origin}/livez`, { proxy: false })).arrayBuffer();
    slowest = Math.max(slowest, performance.now() - since);
  }
  return slowest;
}

/** Every object differs between two marks. */
function documentOf(mark: string): unknown {
  const all = Array.from({ length: WEBHOOKS }, (_, index) => [
    `hook-${index}`,
    {
      name: `Hook ${index}, ${mark}`,
      entrypoints: {
        in: { name: mark, verification: { type: "github", config: { secret: `${mark} ${index}` } } },
      },
      targets: {
        service: {
          type: "http",
          config: {
            url: `https://service-${index}.example.com/${mark}`,
            headers: { authorization: `Bearer ${index}` },
          },
          event_types: ["order.*"],
        },
        log: { name: `Log ${mark}`, type: "log" },
      },
    },
  ]);
  return { version: 1, webhooks: Object.fromEntries(all) };
}
