/** Minutes of load on webhooks, with the figures of each minute. */
import { rmSync } from "node:fs";
import { type Arrival, timeArrivals } from "./arrival.ts";
import { readTallies, walBytes } from "./event-file.ts";
import type { BenchWebhook, Gateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process-stats.ts";
import { sharedNow } from "./shared-clock.ts";
import { makeFolder, type Script } from "./subject.ts";
import { figure, megabytes, printTable, progress, quantile } from "./table.ts";

const LOOK_EVERY_MS = 1_000;
const BODY_BYTES = 1024;

export type Subject = Readonly<{ gateway: Gateway; webhooks: readonly BenchWebhook[]; receiver: Script }>;

export type Minute = Readonly<{
  /** On the shared clock. */
  begunAt: number;
  seconds: number;
  /** Events. */
  acknowledged: number;
  delivered: number;
  /** Milliseconds from the request. */
  acknowledgedP99: number;
  /** Resident bytes, each second. */
  memory: readonly number[];
  /** Bytes of all write-ahead logs at its end. */
  wals: number;
  /** Pending deliveries at its end. */
  backlog: number;
}>;

/** `requestsPerSecond` is unlimited if missing; 0 sends no load. */
export async function runMinute(
  { gateway, webhooks }: Subject,
  load: { options: BenchOptions; requestsPerSecond?: number },
): Promise<Minute> {
  const begunAt = sharedNow();
  const before = tallies(webhooks);
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(residentBytes(gateway.pid)), LOOK_EVERY_MS);
  const sent = await loadFor({ ...load, webhooks, seconds: 60 });
  clearInterval(watch);
  const { pending, delivered } = tallies(webhooks);
  return {
    begunAt,
    memory,
    backlog: pending,
    acknowledged: sent.acknowledged,
    seconds: (sharedNow() - begunAt) / 1000,
    delivered: delivered - before.delivered,
    acknowledgedP99: sent.p99,
    wals: webhooks.reduce((sum, { eventFile }) => sum + walBytes(eventFile), 0),
  };
}

export async function loadFor(load: {
  options: BenchOptions;
  webhooks: readonly BenchWebhook[];
  seconds: number;
  requestsPerSecond?: number;
}): Promise<{ acknowledged: number; p99: number }> {
  const { options, webhooks, seconds, requestsPerSecond } = load;
  if (requestsPerSecond === 0) {
    await Bun.sleep(seconds * 1000);
    return { acknowledged: 0, p99: Number.NaN };
  }
  const folder = makeFolder();
  const { requests, failures, p99 } = await runLoad({
    ...options,
    seconds,
    folder,
    bodyBytes: BODY_BYTES,
    urls: webhooks.map(({ url }) => url),
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  });
  rmSync(folder, { recursive: true });
  return { acknowledged: requests - failures, p99 };
}

export function tallies(webhooks: readonly BenchWebhook[]): { pending: number; delivered: number } {
  const all = webhooks.map(({ eventFile }) => readTallies(eventFile));
  return {
    pending: all.reduce((sum, { pending }) => sum + pending, 0),
    delivered: all.reduce((sum, { delivered }) => sum + delivered, 0),
  };
}

export async function allDelivered(webhooks: readonly BenchWebhook[]): Promise<void> {
  while (tallies(webhooks).pending > 0) await Bun.sleep(100);
}

/** Times lone events beside the load, until the returned function is called. */
export function watchArrivals({ webhooks, receiver }: Subject): () => Promise<Arrival[]> {
  const end = new AbortController();
  const arrivals = timeArrivals({ webhooks, receiver, until: end.signal });
  return () => {
    end.abort();
    return arrivals;
  };
}

export function tellMinute(name: string, { acknowledged, seconds, memory, backlog }: Minute): void {
  const middle = megabytes(quantile(memory, 0.5));
  progress(`${name}: ${figure(acknowledged / seconds)} events/s, ${middle} MB, ${figure(backlog)} pending`);
}

export function printMinutes(
  title: string,
  rows: readonly { name: string; minute: Minute; arrivals: readonly Arrival[] }[],
): void {
  printTable(
    title,
    [
      "minute",
      "acknowledged/s",
      "delivered/s",
      "acknowledged p99 ms",
      "to arrival p50 ms",
      "p99",
      "memory MB",
      "highest",
      "WAL MB",
      "pending",
    ],
    rows.map(({ name, minute, arrivals }) => {
      const times = arrivals.map(({ tookMs }) => tookMs);
      return [
        name,
        figure(minute.acknowledged / minute.seconds),
        figure(minute.delivered / minute.seconds),
        figure(minute.acknowledgedP99),
        figure(quantile(times, 0.5)),
        figure(quantile(times, 0.99)),
        megabytes(quantile(minute.memory, 0.5)),
        megabytes(Math.max(...minute.memory)),
        megabytes(minute.wals),
        figure(minute.backlog),
      ];
    }),
  );
}
