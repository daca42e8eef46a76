/** Events per second from the POST to the stored result of their delivery to a receiver in another process. */
import { rmSync } from "node:fs";
import { type Scheme, startDeliveriesReceiver } from "./deliveries-receiver.ts";
import { countPending, readFate } from "./event-file.ts";
import { startGateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds } from "./process-stats.ts";
import { makeFolder, startSubject } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

type Round = Readonly<{
  bare: number;
  accepted: number;
  delivered: number;
  cpuPerEvent: number;
  missing: number;
}>;

export const delivery = (options: BenchOptions) => measure(options, "http");
export const httpsDelivery = (options: BenchOptions) => measure(options, "https");

async function measure(options: BenchOptions, scheme: Scheme): Promise<void> {
  const rounds: Round[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    progress(`delivery by ${scheme}: round ${round + 1}`);
    const bare = await bareRate(options);
    rounds.push({ ...(await deliverRound(options, scheme)), bare });
  }
  const middle = (pick: (round: Round) => number) => median(rounds.map(pick));
  const delivered = middle((round) => round.delivered);
  printTable(
    `POST to stored result: one webhook, one target reached by ${scheme}, 1 KB`,
    ["figure", "median"],
    [
      ["accepted per second, while delivering", figure(middle(({ accepted }) => accepted))],
      ["delivered and stored per second, first POST to last result", figure(delivered)],
      ["bare server, requests per second", figure(middle(({ bare }) => bare))],
      ["ratio of delivered to bare", figure(delivered / middle(({ bare }) => bare))],
      ["CPU µs per event, received, delivered, stored", figure(middle(({ cpuPerEvent }) => cpuPerEvent))],
      ["acknowledged but not delivered", String(rounds.reduce((sum, { missing }) => sum + missing, 0))],
    ],
  );
}

async function bareRate(options: BenchOptions): Promise<number> {
  const folder = makeFolder();
  const bare = await startSubject("bare", 1);
  const load = { ...options, urls: bare.urls, bodyBytes: 1024, folder };
  await runLoad({ ...load, seconds: 1 });
  const { perSecond } = await runLoad(load);
  await bare.stop();
  rmSync(folder, { recursive: true });
  return perSecond;
}

async function deliverRound(options: BenchOptions, scheme: Scheme): Promise<Omit<Round, "bare">> {
  const folder = makeFolder();
  const { receiver, target } = await startDeliveriesReceiver(scheme);
  const gateway = await startGateway(makeFolder());
  const [webhook] = await gateway.createWebhooks([{ target }]);
  if (webhook === undefined) throw new Error("no webhook was made");
  const job = { ...options, urls: [webhook.url], bodyBytes: 1024, folder };
  // Compiles the hot paths, as for the bare server.
  await runLoad({ ...job, seconds: 1 });
  await allDelivered(webhook.eventFile);
  const since = Date.now();
  const before = cpuMicroseconds(gateway.pid);
  const load = await runLoad(job);
  await allDelivered(webhook.eventFile);
  const fate = readFate(webhook.eventFile, since);
  const cpu = cpuMicroseconds(gateway.pid) - before;
  await gateway.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true });
  return {
    accepted: load.perSecond,
    delivered: fate.delivered / (fate.spanMs / 1000),
    cpuPerEvent: cpu / fate.events,
    // Requests under way when the generator stops are stored without being counted by it.
    missing: Math.max(0, load.requests - load.failures - fate.delivered, fate.delivered - fate.results),
  };
}

async function allDelivered(eventFile: string): Promise<void> {
  while (countPending(eventFile) > 0) await Bun.sleep(100);
}
