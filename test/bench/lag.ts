/** How late the event loop runs, and how soon pages are there, under load on a disk whose every sync takes long. */
import { rmSync } from "node:fs";
import { type BenchWebhook, type Gateway, startGateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { signIn } from "./sign-in.ts";
import { prepareSlowDisk, type SlowDisk } from "./slow-disk.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, printTable, progress, quantile } from "./table.ts";

const WEBHOOKS = 100;
const SYNC_MS = [0, 5, 50];
const LAG_GOAL_MS = 20;
const PAGE_GOAL_MS = 100;
/** Pause between two pages: one person's reading, not a load of its own. */
const PAUSE_MS = 50;
export const METRICS = { METRICS_USERNAME: "bench", METRICS_PASSWORD: "bench" };
const SECONDS_TO_SETTLE = 2;

/** Upper bounds in seconds with the observations below each, as in Prometheus' histograms. */
type Histogram = ReadonlyMap<number, number>;

export async function lag(options: BenchOptions): Promise<void> {
  const folder = makeFolder();
  const slowDisk = prepareSlowDisk(folder);
  if (slowDisk === null) {
    rmSync(folder, { recursive: true });
    process.stdout.write("\nlag: left out, as slowing the disk's syncs takes Linux and a C compiler.\n");
    return;
  }
  const rows: string[][] = [];
  for (const syncMs of SYNC_MS) rows.push(await measure(options, { syncMs, slowDisk, folder }));
  rmSync(folder, { recursive: true });
  printTable(
    `Event loop and pages at ${options.connections} connections over ${WEBHOOKS} webhooks, each delivering to a target`,
    [
      "one sync",
      "events/s",
      "acknowledged p99 ms",
      "loop lag p50 ms",
      `p99 (goal ${LAG_GOAL_MS})`,
      "largest",
      "page p50 ms",
      "p99",
      `slowest (goal ${PAGE_GOAL_MS})`,
    ],
    rows,
  );
}

async function measure(
  options: BenchOptions,
  { syncMs, slowDisk, folder }: { syncMs: number; slowDisk: SlowDisk; folder: string },
): Promise<string[]> {
  progress(`lag: ${syncMs} ms more a sync`);
  const receiver = await startScript("receiver.ts", []);
  const gateway = await startGateway(makeFolder(), { env: { ...METRICS, ...slowDisk(syncMs) } });
  const target = { url: `${receiver.origin}/count` };
  const webhooks = await gateway.createWebhooks(Array.from({ length: WEBHOOKS }, () => ({ target })));
  const load = { ...options, urls: webhooks.map(({ url }) => url), bodyBytes: 1024, folder };
  // The first requests compile the path, and open the files.
  await runLoad({ ...load, seconds: SECONDS_TO_SETTLE });
  const before = await readLag(gateway.origin);
  const end = new AbortController();
  const pages = readPages(gateway, webhooks, end.signal);
  const { perSecond, p99 } = await runLoad({ ...load, seconds: options.lagSeconds });
  end.abort();
  const times = await pages;
  const lags = between(before, await readLag(gateway.origin));
  await gateway.stop();
  await receiver.stop();
  return [
    syncMs === 0 ? "as the disk does it" : `${syncMs} ms more`,
    figure(perSecond),
    figure(p99),
    ...[0.5, 0.99, 1].map((share) => boundOf(lags, share)),
    ...[0.5, 0.99, 1].map((share) => figure(quantile(times, share))),
  ];
}

/** Milliseconds of each page, in the order in which a person opens them. */
async function readPages(
  gateway: Gateway,
  webhooks: readonly BenchWebhook[],
  until: AbortSignal,
): Promise<number[]> {
  const cookie = await signIn(gateway.origin);
  const times: number[] = [];
  while (!until.aborted) {
    const { id } = webhooks[times.length % webhooks.length] ?? { id: "" };
    for (const path of ["/sources", `/source/${id}`, `/source/${id}/logs`, `/source/${id}/logs?q=nowhere`]) {
      const since = performance.now();
      const answer = await fetch(gateway.origin + path, { headers: { cookie }, proxy: false });
      await answer.text();
      times.push(performance.now() - since);
      if (answer.status !== 200) throw new Error(`${path} was answered ${answer.status}`);
      await Bun.sleep(PAUSE_MS);
    }
  }
  return times;
}

export async function readLag(origin: string): Promise<Histogram> {
  const credentials = Buffer.from(`${METRICS.METRICS_USERNAME}:${METRICS.METRICS_PASSWORD}`).toString(
    "base64",
  );
  const headers = { authorization: `Basic ${credentials}` };
  const text = await (await fetch(`${origin}/metrics`, { headers, proxy: false })).text();
  const lines = text.matchAll(/^webhooker_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm);
  return new Map([...lines].map(([, bound, count]) => [toSeconds(bound ?? ""), Number(count)]));
}

function toSeconds(bound: string): number {
  return bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
}

export function between(before: Histogram, after: Histogram): Histogram {
  return new Map([...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)]));
}

/** "≤ 20" if this share of the observations lies below the bound of 20 ms. */
export function boundOf(histogram: Histogram, share: number): string {
  const total = histogram.get(Number.POSITIVE_INFINITY) ?? 0;
  const bound = [...histogram.keys()].find((each) => (histogram.get(each) ?? 0) >= total * share);
  return bound === undefined ? "–" : `≤ ${figure(bound * 1_000)}`;
}
