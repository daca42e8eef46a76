/** Ten thousand webhooks with an external id, one event published to each: made before, and made by their first event. */
import { z } from "zod";
import { type Gateway, startGateway } from "./gateway.ts";
import type { BenchOptions } from "./options.ts";
import { watchMemory } from "./process-stats.ts";
import { makeFolder } from "./subject.ts";
import { figure, megabytes, printTable, progress } from "./table.ts";

const P99_GOAL_MS = 50;
const MEMORY_GOAL_MB = 300;
/** Programs that publish at the same time. */
const PUBLISHERS = 8;

const published = z.object({ event_id: z.string() });

export async function publish(options: BenchOptions): Promise<void> {
  const { scaleWebhooks: count } = options;
  const gateway = await startGateway(makeFolder(), { env: { PUBLISH_RATE: "0" } });
  const stopWatching = watchMemory(gateway.pid);
  progress(`publish: the first events of ${count} webhooks that they make`);
  const made = await publishToEach(gateway, count, "?create=true");
  progress("publish: one more event each");
  const known = await publishToEach(gateway, count, "");
  const peak = stopWatching();
  await gateway.stop();
  const row = (what: string, times: readonly number[]) => [
    what,
    figure(at(times, 0.5)),
    figure(at(times, 0.99)),
    figure(at(times, 1)),
  ];
  printTable(
    `${count.toLocaleString("en-US")} webhooks with an external id, one event each, ${PUBLISHERS} at a time; peak memory ${megabytes(peak)} MB (goal ${MEMORY_GOAL_MB})`,
    ["event", "p50, ms", `p99, ms (goal ${P99_GOAL_MS})`, "longest, ms"],
    [row("makes its webhook", made), row("to a webhook that is there", known)],
  );
}

/** Milliseconds to each acknowledgement, sorted. */
async function publishToEach(gateway: Gateway, count: number, query: string): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  async function run(): Promise<void> {
    while (next < count) {
      const path = `/webhooks/ext:customer-${next++}/events${query}`;
      const since = performance.now();
      await gateway.post(path, { type: "invoice.paid", data: { invoice: next } }, published);
      times.push(performance.now() - since);
    }
  }
  await Promise.all(Array.from({ length: PUBLISHERS }, run));
  return times.sort((one, other) => one - other);
}

function at(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
