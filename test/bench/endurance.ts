/**
 * Minutes of load from the POST to the stored result: the rate, the time to arrival, and whether the memory stays flat.
 */
import { startGateway } from "./gateway.ts";
import {
  allDelivered,
  loadFor,
  type Minute,
  printMinutes,
  runMinute,
  type Subject,
  tallies,
  tellMinute,
  watchArrivals,
} from "./long-run.ts";
import { memoryTrend } from "./memory-trend.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes } from "./process-stats.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, megabytes, printTable, progress, quantile } from "./table.ts";

const WEBHOOKS = 10;
/** Share of the full delivery rate: a load that the gateway can sustain. */
const SHARE = 0.7;
const FINDING_SECONDS = 20;

export async function endurance(options: BenchOptions): Promise<void> {
  const receiver = await startScript("receiver.ts", []);
  const gateway = await startGateway(makeFolder());
  const target = { url: `${receiver.origin}/hook` };
  const webhooks = await gateway.createWebhooks(Array.from({ length: WEBHOOKS }, () => ({ target })));
  const subject: Subject = { gateway, webhooks, receiver };
  await Bun.sleep(options.idleSeconds * 1000);
  const idle = residentBytes(gateway.pid);
  const requestsPerSecond = options.rate ?? (await findRate(subject, options));
  const { delivered } = tallies(webhooks);
  const stopWatching = watchArrivals(subject);
  const minutes: Minute[] = [];
  while (minutes.length < options.minutes) {
    const minute = await runMinute(subject, { options, requestsPerSecond });
    minutes.push(minute);
    tellMinute(`endurance: minute ${minutes.length} of ${options.minutes}`, minute);
  }
  const since = performance.now();
  await allDelivered(webhooks);
  const drainedAfter = performance.now() - since;
  const arrivals = await stopWatching();
  await allDelivered(webhooks);
  const acknowledged = minutes.reduce((sum, minute) => sum + minute.acknowledged, arrivals.length);
  const seconds = minutes.reduce((sum, minute) => sum + minute.seconds, drainedAfter / 1000);
  const missing = acknowledged - (tallies(webhooks).delivered - delivered);
  await Bun.sleep(options.idleSeconds * 1000);
  const after = residentBytes(gateway.pid);
  const total = tallies(webhooks).delivered;
  await gateway.stop();
  await receiver.stop();

  printMinutes(
    `${options.minutes} min of ${figure(requestsPerSecond)} events a second over ${WEBHOOKS} webhooks, each delivered and its result stored`,
    minutes.map((minute, index) => {
      const until = minutes[index + 1]?.begunAt ?? Number.POSITIVE_INFINITY;
      const within = arrivals.filter(({ acknowledgedAt: at }) => at >= minute.begunAt && at < until);
      return { name: String(index + 1), minute, arrivals: within };
    }),
  );
  const times = arrivals.map(({ tookMs }) => tookMs);
  const trend = memoryTrend(minutes.slice(1).map(({ memory }) => memory));
  printTable(
    "All of it; memory without the first minute",
    ["figure", "value"],
    [
      ["acknowledged and delivered per second", figure(acknowledged / seconds)],
      ["acknowledged, but not delivered", figure(Math.max(0, missing))],
      ["backlog at the end was delivered after, ms", figure(drainedAfter)],
      [
        `acknowledgement to arrival of ${figure(times.length)} of them, ms: median`,
        figure(quantile(times, 0.5)),
      ],
      ["p99", figure(quantile(times, 0.99))],
      ["memory, MB: median of the first third", megabytes(trend.firstThird)],
      ["of the last third", megabytes(trend.lastThird)],
      [
        "growth, MB a minute, ± two standard errors",
        `${megabytes(trend.growth)} ± ${megabytes(trend.error)}`,
      ],
      ["idle, before", megabytes(idle)],
      [`idle, ${options.idleSeconds} s after ${figure(total)} events`, megabytes(after)],
      ["flat", trend.isFlat === null ? "too short to tell" : trend.isFlat ? "yes" : "no"],
    ],
  );
}

/** Events per second. */
async function findRate({ webhooks }: Subject, options: BenchOptions): Promise<number> {
  progress("endurance: how much gets delivered at full speed");
  // Compiles the hot paths.
  await loadFor({ options, webhooks, seconds: 5 });
  await allDelivered(webhooks);
  const before = tallies(webhooks).delivered;
  const since = performance.now();
  await loadFor({ options, webhooks, seconds: FINDING_SECONDS });
  await allDelivered(webhooks);
  const perSecond = ((tallies(webhooks).delivered - before) * 1000) / (performance.now() - since);
  return Math.max(10, Math.floor((SHARE * perSecond) / 10) * 10);
}
