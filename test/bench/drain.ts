/** Deliveries a second of a backlog, while no events come. */
import { rmSync } from "node:fs";
import { z } from "zod";
import { type Scheme, startDeliveriesReceiver } from "./deliveries-receiver.ts";
import { countPending } from "./event-file.ts";
import { startGateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds } from "./process-stats.ts";
import { makeFolder } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

type Round = Readonly<{ pending: number; perSecond: number; cpuPerDelivery: number }>;

export const drain = (options: BenchOptions) => measure(options, "http");
export const httpsDrain = (options: BenchOptions) => measure(options, "https");

async function measure(options: BenchOptions, scheme: Scheme): Promise<void> {
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round++) {
    progress(`a backlog delivered by ${scheme}: round ${round + 1}`);
    rounds.push(await drainRound(options, scheme));
  }
  const middle = (pick: (round: Round) => number) => figure(median(rounds.map(pick)));
  printTable(
    `A backlog of one target reached by ${scheme}, 1 KB, while no events come`,
    ["figure", "median"],
    [
      ["deliveries in the backlog", middle(({ pending }) => pending)],
      ["delivered per second", middle(({ perSecond }) => perSecond)],
      ["CPU µs per delivery", middle(({ cpuPerDelivery }) => cpuPerDelivery)],
    ],
  );
}

/** A rate limit gathers the backlog: its end sets all free at once, unlike the end of a pause. */
async function drainRound(options: BenchOptions, scheme: Scheme): Promise<Round> {
  const folder = makeFolder();
  const { receiver, target } = await startDeliveriesReceiver(scheme);
  const gateway = await startGateway(makeFolder());
  const [webhook] = await gateway.createWebhooks([{ target: { ...target, rateLimit: 1 } }]);
  if (webhook === undefined) throw new Error("no webhook was made");
  await runLoad({ ...options, urls: [webhook.url], bodyBytes: 1024, folder });
  const pending = countPending(webhook.eventFile);
  const before = cpuMicroseconds(gateway.pid);
  const since = performance.now();
  const path = `/webhooks/${webhook.id}/targets/${webhook.targetId}`;
  await gateway.patch(path, { rate_limit: null }, z.unknown());
  while (countPending(webhook.eventFile) > 0) await Bun.sleep(20);
  const seconds = (performance.now() - since) / 1000;
  const cpu = cpuMicroseconds(gateway.pid) - before;
  await gateway.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true });
  return { pending, perSecond: pending / seconds, cpuPerDelivery: cpu / pending };
}
