/** Cost of filters: one event judged in this process, and events taken by a gateway whose targets filter or do not. */
import { rmSync } from "node:fs";
import { z } from "zod";
import { FilterSubject, TargetFilter } from "../../src/filters/target-filter.ts";
import { type BenchWebhook, type Gateway, startGateway } from "./gateway.ts";
import { type LoadResult, runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds } from "./process-stats.ts";
import { payload, senderHeaders } from "./sender.ts";
import { makeFolder } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

const EVENTS = 50_000;
const withId = z.object({ id: z.string() });

/** Five conditions that all events of the load meet, and one more that none does. */
const WANTED = {
  headers: { "x-github-event": "issues", "user-agent": { $startsWith: "GitHub-" } },
  body: { action: { $in: ["opened", "closed"] }, text: { $startsWith: "x" }, issue: { $exist: false } },
};
const UNWANTED = { ...WANTED, body: { ...WANTED.body, action: "deleted" } };

type Row = Readonly<{ name: string; filters: readonly unknown[] }>;

const ROWS: readonly Row[] = [
  { name: "1 target, no filter", filters: [null] },
  { name: "1 target, 5 conditions that hold", filters: [WANTED] },
  { name: "20 targets, no filter", filters: Array.from({ length: 20 }, () => null) },
  { name: "20 targets, of which 19 filter", filters: [null, ...Array.from({ length: 19 }, () => UNWANTED)] },
];

export async function filters(options: BenchOptions): Promise<void> {
  judgeAlone();
  const gateway = await startGateway(makeFolder());
  const webhooks = await gateway.createWebhooks(ROWS.map(() => ({})));
  const subjects = webhooks.map((webhook, index) => ({ webhook, row: ROWS[index], rounds: [] as Round[] }));
  for (const { webhook, row } of subjects) {
    for (const filter of row?.filters ?? []) {
      const target = { name: "bench", type: "database", filter };
      await gateway.post(`/webhooks/${webhook.id}/targets`, target, withId);
    }
    // The first requests compile the path.
    await measure(gateway, webhook, { ...options, seconds: 1 });
  }
  for (let round = 0; round < options.rounds; round += 1) {
    progress(`filters: round ${round + 1}`);
    for (const { webhook, rounds } of subjects) rounds.push(await measure(gateway, webhook, options));
  }
  await gateway.stop();
  const rate = (rounds: readonly Round[] = []) => median(rounds.map(({ perSecond }) => perSecond));
  printTable(
    "Events taken, stored durably: one webhook, 1 KB, targets of type database",
    ["targets", "per second", "of the row before", "p99 ms", "CPU µs/event", "failures"],
    subjects.map(({ row, rounds }, index) => [
      row?.name ?? "",
      figure(rate(rounds)),
      figure(rate(rounds) / rate(subjects[index - 1]?.rounds)),
      figure(median(rounds.map(({ p99 }) => p99))),
      figure(median(rounds.map(({ cpuPerEvent }) => cpuPerEvent))),
      String(rounds.reduce((sum, { failures }) => sum + failures, 0)),
    ]),
  );
}

/** Bodies are read by then, as they are once for all targets. */
function judgeAlone(): void {
  const text = payload(1024);
  const body = new TextEncoder().encode(text);
  const headers = Object.entries(senderHeaders(text)).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  );
  const event = { type: "issues", method: "POST", pathTail: "", query: "", headers, body };
  const subject = () => new FilterSubject({ ...event, contentType: "application/json" });
  const filter = new TargetFilter({ eventTypes: [], filter: WANTED });
  for (let warm = 0; warm < EVENTS; warm += 1) filter.judge(subject());
  const known = subject();
  const each = (judge: () => unknown) => {
    const since = performance.now();
    for (let event = 0; event < EVENTS; event += 1) judge();
    return figure(((performance.now() - since) * 1000) / EVENTS);
  };
  printTable(
    "One event judged by 5 conditions, 1 KB, in this process",
    ["", "µs"],
    [
      ["by one filter", each(() => filter.judge(subject()))],
      ["by each further one", each(() => filter.judge(known))],
    ],
  );
}

type Round = LoadResult & Readonly<{ cpuPerEvent: number }>;

async function measure(gateway: Gateway, webhook: BenchWebhook, options: BenchOptions): Promise<Round> {
  const folder = makeFolder();
  const before = cpuMicroseconds(gateway.pid);
  const result = await runLoad({ ...options, urls: [webhook.url], bodyBytes: 1024, folder });
  const cpuPerEvent = (cpuMicroseconds(gateway.pid) - before) / result.requests;
  rmSync(folder, { recursive: true });
  return { ...result, cpuPerEvent };
}
