/** Minutes of load from the POST to the stored result: the rate, the time to arrival, and whether the memory stays flat. */
import { rmSync } from "node:fs";
import { timeArrivals } from "./arrival.ts";
import { countPending } from "./event-file.ts";
import { startGateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process-stats.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, megabytes, printTable, progress, quantile } from "./table.ts";

const WEBHOOKS = 10;
const LOOK_EVERY_MS = 1_000;

export async function endurance(options: BenchOptions): Promise<void> {
  const folder = makeFolder();
  const receiver = await startScript("receiver.ts", []);
  const gateway = await startGateway(makeFolder());
  const wish = (path: string) => ({ target: { url: `${receiver.origin}/${path}` } });
  const loaded = await gateway.createWebhooks(Array.from({ length: WEBHOOKS }, () => wish("count")));
  const [timed] = await gateway.createWebhooks([wish("timed")]);
  if (timed === undefined) throw new Error("no webhook was made");
  const memory: number[] = [];
  const watch = setInterval(() => memory.push(residentBytes(gateway.pid)), LOOK_EVERY_MS);
  const end = new AbortController();
  const arrivals = timeArrivals({ webhook: timed, receiver, until: end.signal });
  let requests = 0;
  let seconds = 0;
  for (let minute = 1; minute <= options.minutes; minute++) {
    progress(`endurance: minute ${minute} of ${options.minutes}`);
    const urls = loaded.map(({ url }) => url);
    const load = await runLoad({ ...options, seconds: 60, urls, bodyBytes: 1024, folder });
    requests += load.requests - load.failures;
    seconds += 60;
  }
  const since = performance.now();
  for (const { eventFile } of loaded) while (countPending(eventFile) > 0) await Bun.sleep(100);
  const drainedAfter = performance.now() - since;
  end.abort();
  const times = await arrivals;
  clearInterval(watch);
  await gateway.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true });
  const third = Math.floor(memory.length / 3);
  printTable(
    `${options.minutes} min of load over ${WEBHOOKS} webhooks, each event delivered and its result stored`,
    ["figure", "value"],
    [
      [
        "events per second, acknowledged, until the last is delivered",
        figure(requests / (seconds + drainedAfter / 1000)),
      ],
      ["backlog at the end was delivered after, s", figure(drainedAfter / 1000)],
      ["acknowledgement to arrival of a lone event beside it, ms: median", figure(quantile(times, 0.5))],
      ["p99", figure(quantile(times, 0.99))],
      ["memory, MB: median of the first third", megabytes(quantile(memory.slice(0, third), 0.5))],
      ["of the last third", megabytes(quantile(memory.slice(-third), 0.5))],
      ["peak", megabytes(Math.max(...memory))],
    ],
  );
}
