/** The cost of verifying each request: one gateway, an open and a verifying entrypoint, loaded in turn. */
import { rmSync } from "node:fs";
import { type BenchWebhook, type Gateway, startGateway } from "./gateway.ts";
import { type LoadResult, runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds } from "./process-stats.ts";
import { SENDER_SECRET } from "./sender.ts";
import { makeFolder } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

const GITHUB = { type: "github", config: { secret: SENDER_SECRET } };

type Round = LoadResult & Readonly<{ cpuPerEvent: number }>;

export async function verification(options: BenchOptions): Promise<void> {
  const gateway = await startGateway(makeFolder());
  const [open, verifying] = await gateway.createWebhooks([{}, { verification: GITHUB }]);
  if (open === undefined || verifying === undefined) throw new Error("no webhook was made");
  const entrypoints = [
    { name: "open", webhook: open, rounds: [] as Round[] },
    { name: "verifies GitHub's signature", webhook: verifying, rounds: [] as Round[] },
  ];
  // The first requests compile the path.
  for (const { webhook } of entrypoints) await measure(gateway, webhook, { ...options, seconds: 1 });
  for (let round = 0; round < options.rounds; round += 1) {
    progress(`verification: round ${round + 1}`);
    for (const { webhook, rounds } of entrypoints) rounds.push(await measure(gateway, webhook, options));
  }
  await gateway.stop();
  const rate = (rounds: readonly Round[]) => median(rounds.map(({ perSecond }) => perSecond));
  const openRate = rate(entrypoints[0]?.rounds ?? []);
  printTable(
    "Signed requests, stored durably: one webhook, 1 KB",
    ["entrypoint", "per second", "of open", "p99 ms", "CPU µs/event", "failures"],
    entrypoints.map(({ name, rounds }) => [
      name,
      figure(rate(rounds)),
      figure(rate(rounds) / openRate),
      figure(median(rounds.map(({ p99 }) => p99))),
      figure(median(rounds.map(({ cpuPerEvent }) => cpuPerEvent))),
      String(rounds.reduce((sum, { failures }) => sum + failures, 0)),
    ]),
  );
}

async function measure(gateway: Gateway, webhook: BenchWebhook, options: BenchOptions): Promise<Round> {
  const folder = makeFolder();
  const before = cpuMicroseconds(gateway.pid);
  const result = await runLoad({ ...options, urls: [webhook.url], bodyBytes: 1024, folder });
  const cpuPerEvent = (cpuMicroseconds(gateway.pid) - before) / result.requests;
  rmSync(folder, { recursive: true });
  return { ...result, cpuPerEvent };
}
