/** Cost of a cluster: acknowledged and delivered events a second with three servers, and how it catches up. */
import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type NatsServers, startNatsServers, variablesOf } from "../support/nats/nats-servers.ts";
import { countEvents, countPending } from "./event-file.ts";
import { type BenchWebhook, type Gateway, startGateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds } from "./process-stats.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

const WEBHOOKS = [1, 100];
/** Nodes, and how many of them keep the event files; none: a gateway that is alone, without a log. */
const SIZES: readonly Size[] = [
  { label: "alone", nodes: 0, copies: 0 },
  { label: "1 of a cluster", nodes: 1, copies: 1 },
  { label: "3 of a cluster, 2 copies", nodes: 3, copies: 2 },
  { label: "3 of a cluster, 3 copies", nodes: 3, copies: 3 },
];

const QUIET_MS = 100;

type Size = Readonly<{ label: string; nodes: number; copies: number }>;

type Round = Readonly<{
  accepted: number;
  p50: number;
  p99: number;
  delivered: number;
  gatewayCpu: number;
  serverCpu: number;
  caughtUp: number | null;
}>;

export async function cluster(options: BenchOptions): Promise<void> {
  const rows: string[][] = [];
  for (const webhooks of WEBHOOKS) {
    for (const size of SIZES) {
      const rounds: Round[] = [];
      for (let round = 0; round < options.rounds; round++) {
        progress(`cluster: ${size.label}, ${webhooks} webhooks, round ${round + 1}`);
        rounds.push(await measure(options, { ...size, webhooks }));
      }
      const middle = (pick: (round: Round) => number) => figure(median(rounds.map(pick)));
      rows.push([
        size.label,
        String(webhooks),
        middle(({ accepted }) => accepted),
        middle(({ p50 }) => p50),
        middle(({ p99 }) => p99),
        middle(({ delivered }) => delivered),
        middle(({ gatewayCpu }) => gatewayCpu),
        middle(({ serverCpu }) => serverCpu),
        size.copies === 3 ? middle(({ caughtUp }) => caughtUp ?? 0) : "",
      ]);
    }
  }
  printTable(
    "A cluster on one machine, everything on its cores: 1 KB, one target by http, three NATS servers that sync always",
    [
      "gateways",
      "webhooks",
      "acknowledged/s",
      "p50 ms",
      "p99 ms",
      "delivered/s",
      "CPU µs/event, gateways",
      "NATS servers",
      "caught up, events/s",
    ],
    rows,
  );
}

async function measure(options: BenchOptions, of: Size & Readonly<{ webhooks: number }>): Promise<Round> {
  const folder = makeFolder();
  const nats = of.nodes === 0 ? null : await startNatsServers();
  const receiver = await startScript("receiver.ts", []);
  const secretKey = randomBytes(32).toString("base64");
  const folders = Array.from({ length: Math.max(1, of.nodes) }, makeFolder);
  const start = (n: number) => {
    const env = nats === null ? {} : nodeEnvironment(nats, { name: `n${n}`, secretKey, copies: of.copies });
    return startGateway(folders[n] ?? "", { env });
  };
  const gateways: Gateway[] = [];
  for (const n of folders.keys()) gateways.push(await start(n));
  const [leader] = gateways;
  if (leader === undefined) throw new Error("no gateway was started");
  if (nats !== null) await hasFirstUser(leader);
  const wish = { target: { url: `${receiver.origin}/hook` } };
  const webhooks = await leader.createWebhooks(Array.from({ length: of.webhooks }, () => wish));
  const load = (seconds: number) =>
    Promise.all(
      gateways.map(({ origin }, n) =>
        runLoad({
          ...options,
          seconds,
          connections: Math.ceil(options.connections / gateways.length),
          urls: webhooks.map(({ url }) => origin + new URL(url).pathname),
          bodyBytes: 1024,
          folder: folders[n] ?? folder,
        }),
      ),
    );
  await load(1);
  await settled(webhooks);
  const eventsBefore = count(webhooks);
  const cpuBefore = cpuOf(gateways, nats);
  const since = performance.now();
  const loads = await load(options.seconds);
  await settled(webhooks);
  const seconds = (performance.now() - since) / 1000;
  const events = count(webhooks) - eventsBefore;
  const cpu = cpuOf(gateways, nats);
  const last = gateways.at(-1);
  const caughtUp = of.copies < 3 || last === undefined ? null : await catchUp(last);
  for (const gateway of gateways) await gateway.stop();
  await receiver.stop();
  await nats?.end();
  rmSync(folder, { recursive: true });
  return {
    accepted: loads.reduce((sum, { perSecond }) => sum + perSecond, 0),
    p50: median(loads.map(({ p50 }) => p50)),
    p99: Math.max(...loads.map(({ p99 }) => p99)),
    delivered: events / seconds,
    gatewayCpu: (cpu.gateways - cpuBefore.gateways) / events,
    serverCpu: (cpu.servers - cpuBefore.servers) / events,
    caughtUp,
  };

  /** Stops the node, sends events to the others, starts it again; returns how many it applies in a second. */
  async function catchUp(node: Gateway): Promise<number> {
    const n = gateways.indexOf(node);
    await node.stop({ keepFolder: true });
    const [target] = webhooks;
    const own = webhooks.map((webhook) => ({
      ...webhook,
      eventFile: join(folders[n] ?? "", "events", `events-${webhook.id}.db`),
    }));
    const before = count(own);
    const urls = webhooks.map(({ url }) => (leader?.origin ?? "") + new URL(url).pathname);
    await runLoad({ ...options, urls, bodyBytes: 1024, folder });
    if (target !== undefined) await settled(webhooks);
    const all = count(webhooks);
    const began = performance.now();
    gateways[n] = await start(n);
    while (count(own) < all) await Bun.sleep(20);
    return (all - before) / ((performance.now() - began) / 1000);
  }
}

function nodeEnvironment(
  servers: NatsServers,
  { name, secretKey, copies }: { name: string; secretKey: string; copies: number },
): Readonly<Record<string, string>> {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  return {
    PORT: String(port),
    SECRET_KEY: secretKey,
    ...variablesOf(servers),
    CLUSTER_NODE: name,
    CLUSTER_COPIES: String(copies),
    CLUSTER_ADVERTISE: `http://127.0.0.1:${port}`,
  };
}

/** Resolves once the node leads and has made the first user, whom API keys belong to. */
async function hasFirstUser(gateway: Gateway): Promise<void> {
  for (;;) {
    try {
      gateway.keyOf("admin");
      return;
    } catch {
      await Bun.sleep(100);
    }
  }
}

/** Resolves once everything is delivered, and nothing has come for a moment that was acknowledged before. */
async function settled(webhooks: readonly BenchWebhook[]): Promise<void> {
  for (let before = -1; before !== count(webhooks); ) {
    before = count(webhooks);
    for (const { eventFile } of webhooks) while (countPending(eventFile) > 0) await Bun.sleep(20);
    await Bun.sleep(QUIET_MS);
  }
}

function count(webhooks: readonly BenchWebhook[]): number {
  return webhooks.reduce((sum, { eventFile }) => sum + countEvents(eventFile), 0);
}

function cpuOf(gateways: readonly Gateway[], nats: NatsServers | null) {
  const sum = (pids: readonly number[]) => pids.reduce((total, pid) => total + cpuMicroseconds(pid), 0);
  return { gateways: sum(gateways.map(({ pid }) => pid)), servers: sum(nats?.pids() ?? []) };
}
