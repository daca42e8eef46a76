/**
 * Time from the acknowledgement of an event to its arrival at a receiver: alone, under load, beside failing targets.
 */
import { rmSync } from "node:fs";
import { z } from "zod";
import { type BenchWebhook, type Gateway, startGateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { payload } from "./sender.ts";
import { sharedNow } from "./shared-clock.ts";
import { makeFolder, type Script, startScript } from "./subject.ts";
import { figure, printTable, progress, quantile } from "./table.ts";

const received = z.object({ id: z.string() });
const arrivalList = z.array(z.tuple([z.string(), z.number()]));
/** Pause between two posts: measures a lone event, not a queue. */
const PAUSE_MS = 5;

export async function arrival(options: BenchOptions): Promise<void> {
  const rows = [
    ["alone", await scene(options, async () => {})],
    ["while another webhook without targets is under full load", await scene(options, underLoad)],
    ["beside a silent and a failing target under load", await scene(options, besideBadTargets)],
  ] as const;
  const alone = quantile(rows[0][1], 0.5);
  printTable(
    "Acknowledgement to arrival, ms (negative: it arrived before its sender was answered)",
    ["scene", "median", "p90", "p99", "median, of alone", "events"],
    rows.map(([name, times]) => [
      name,
      ...[0.5, 0.9, 0.99].map((share) => figure(quantile(times, share))),
      // No ratio to a time that is not above zero.
      figure(alone > 0 ? quantile(times, 0.5) / alone : Number.NaN),
      String(times.length),
    ]),
  );
}

type Disturbance = (job: {
  gateway: Gateway;
  receiver: Script;
  options: BenchOptions;
  until: AbortSignal;
}) => Promise<void>;

async function scene(options: BenchOptions, disturb: Disturbance): Promise<number[]> {
  progress("arrival");
  const receiver = await startScript("receiver.ts", []);
  const gateway = await startGateway(makeFolder());
  const [healthy] = await gateway.createWebhooks([{ target: { url: `${receiver.origin}/timed` } }]);
  if (healthy === undefined) throw new Error("no webhook was made");
  // The first events compile the path and are not measured.
  await postOneByOne(healthy, 50);
  const end = new AbortController();
  const disturbance = disturb({ gateway, receiver, options, until: end.signal });
  try {
    const acknowledged = await postOneByOne(healthy, options.arrivals);
    const arrivals = await waitForArrivals(receiver, acknowledged);
    return arrivals.map(({ tookMs }) => tookMs);
  } finally {
    end.abort();
    await disturbance;
    await gateway.stop();
    await receiver.stop();
  }
}

async function underLoad(job: Parameters<Disturbance>[0]): Promise<void> {
  const [other] = await job.gateway.createWebhooks([{}]);
  await loadUntil(job, other);
}

async function besideBadTargets(job: Parameters<Disturbance>[0]): Promise<void> {
  const { origin } = job.receiver;
  const bad = await job.gateway.createWebhooks([
    { target: { url: `${origin}/silent`, timeoutMs: 30_000 } },
    { target: { url: `${origin}/failing` } },
  ]);
  for (const webhook of bad) await Promise.all(Array.from({ length: 100 }, () => post(webhook)));
  while (!job.until.aborted) {
    for (const webhook of bad) await post(webhook);
    await Bun.sleep(PAUSE_MS);
  }
}

async function loadUntil(job: Parameters<Disturbance>[0], webhook: BenchWebhook | undefined): Promise<void> {
  if (webhook === undefined) throw new Error("no webhook was made");
  const folder = makeFolder();
  while (!job.until.aborted) {
    await runLoad({ ...job.options, seconds: 2, urls: [webhook.url], bodyBytes: 1024, folder });
  }
  rmSync(folder, { recursive: true });
}

async function post(webhook: Pick<BenchWebhook, "url">): Promise<string> {
  const response = await fetch(webhook.url, { method: "POST", body: payload(1024), proxy: false });
  return received.parse(await response.json()).id;
}

/** `acknowledgedAt` is on the shared clock; `tookMs` counts from it. */
export type Arrival = Readonly<{ acknowledgedAt: number; tookMs: number }>;

/** Times events posted one by one until the end is near, in turn to webhooks that may be under load as well. */
export async function timeArrivals(job: {
  webhooks: readonly BenchWebhook[];
  receiver: Script;
  until: AbortSignal;
}): Promise<Arrival[]> {
  const acknowledged = new Map<string, number>();
  while (!job.until.aborted) {
    for (const { url } of job.webhooks) {
      // The query is forwarded to the target, and the receiver recognises the events by it.
      for (const [id, at] of await postOneByOne({ url: `${url}?timed` }, 1)) acknowledged.set(id, at);
    }
  }
  return waitForArrivals(job.receiver, acknowledged);
}

/** Time of acknowledgement by event id. */
async function postOneByOne(webhook: Pick<BenchWebhook, "url">, count: number): Promise<Map<string, number>> {
  const acknowledged = new Map<string, number>();
  for (let sent = 0; sent < count; sent += 1) {
    const id = await post(webhook);
    acknowledged.set(id, sharedNow());
    await Bun.sleep(PAUSE_MS);
  }
  return acknowledged;
}

async function waitForArrivals(
  receiver: Script,
  acknowledged: ReadonlyMap<string, number>,
): Promise<Arrival[]> {
  for (;;) {
    const response = await fetch(`${receiver.origin}/arrivals`, { proxy: false });
    const arrivals = new Map(arrivalList.parse(await response.json()));
    const times = [...acknowledged].flatMap(([id, at]) => {
      const arrived = arrivals.get(id);
      return arrived === undefined ? [] : [{ acknowledgedAt: at, tookMs: arrived - at }];
    });
    if (times.length === acknowledged.size) return times;
    await Bun.sleep(100);
  }
}
