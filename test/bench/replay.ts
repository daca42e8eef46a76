/** The cost of a replay of a million stored events for concurrent senders, and its memory. */
import { rmSync } from "node:fs";
import { z } from "zod";
import { fillEventFile } from "../support/fill-event-file.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import type { BenchOptions } from "./options.ts";
import { residentBytes, watchMemory } from "./process-stats.ts";
import { sendSteadily } from "./steady.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, megabytes, printTable, progress, quantile } from "./table.ts";

/** Live events per second, each with a delivery: far below the maximum, so that nobody waits in a queue. */
const LIVE_PER_SECOND = 500;
const GOAL = 2;

const run = z.object({
  id: z.string(),
  state: z.string(),
  replayed: z.number(),
  waiting_for_target_id: z.string().nullable(),
});
const dryRun = z.object({ events: z.number(), deliveries: z.number(), exact: z.boolean() });

export async function replay(options: BenchOptions): Promise<void> {
  const folder = makeFolder();
  const receiver = await startScript("receiver.ts", []);
  const first = await startGateway(folder);
  const target = { url: `${receiver.origin}/count` };
  const [webhook] = await first.createWebhooks([{ target }]);
  if (webhook?.targetId == null) throw new Error("no webhook was made");
  const second = await first.addTarget(webhook.id, target);
  await first.stop({ keepFolder: true });
  const entrypointId = webhook.url.split("/").at(-1) ?? "";
  fillEventFile(
    {
      path: webhook.eventFile,
      webhookId: webhook.id,
      entrypointId,
      targetIds: [webhook.targetId, second],
      events: options.replayEvents,
    },
    (done) => progress(`replay: ${done} of ${options.replayEvents} events written`),
  );

  const gateway = await startGateway(folder);
  const live = {
    url: gateway.origin + new URL(webhook.url).pathname,
    perSecond: LIVE_PER_SECOND,
    seconds: options.replaySeconds,
  };
  await sendSteadily({ ...live, seconds: 2 });
  progress("replay: ingestion without it");
  const without = await sendSteadily(live);
  const memoryBefore = residentBytes(gateway.pid);
  const peak = watchMemory(gateway.pid);

  const path = `/webhooks/${webhook.id}/replays`;
  const filter = { target_id: webhook.targetId };
  const countedIn = performance.now();
  const counted = await gateway.post(path, { filter, dry_run: true }, dryRun);
  const countMs = performance.now() - countedIn;
  const { id } = await gateway.post(path, { filter }, run);
  while ((await find(gateway, path, id)).replayed === 0) await Bun.sleep(20);
  progress("replay: ingestion with it");
  const before = (await find(gateway, path, id)).replayed;
  const during = await sendSteadily(live);
  const after = await find(gateway, path, id);
  const started = performance.now();
  let end = after;
  while (end.state === "running") {
    await Bun.sleep(200);
    end = await find(gateway, path, id);
  }
  const alonePerSecond = (end.replayed - after.replayed) / ((performance.now() - started) / 1000);
  const memoryPeak = peak();
  await gateway.stop({ keepFolder: true });
  await receiver.stop();
  rmSync(folder, { recursive: true });

  const p99 = [without, during].map((times) => quantile(times, 0.99)) as [number, number];
  printTable(
    `Replay of ${options.replayEvents.toLocaleString("en-US")} stored events to one target, beside ${LIVE_PER_SECOND} live events a second`,
    ["figure", "without", "with", "goal"],
    [
      ["ingestion, median ms", figure(quantile(without, 0.5)), figure(quantile(during, 0.5)), ""],
      ["ingestion, p99 ms", figure(p99[0]), figure(p99[1]), goal(p99)],
      ["events sent live", String(without.length), String(during.length), ""],
      ["replayed per second", "", figure((after.replayed - before) / options.replaySeconds), ""],
      ["replayed per second, nothing live", "", figure(alonePerSecond), ""],
      ["memory, MB (before, highest)", megabytes(memoryBefore), megabytes(memoryPeak), ""],
      [
        "counted",
        "",
        `${counted.exact ? "" : "at least "}${counted.deliveries} in ${figure(countMs)} ms`,
        "",
      ],
      ["replayed in all", "", `${end.replayed}, ${end.state}`, ""],
    ],
  );
}

function goal([without, during]: readonly [number, number]): string {
  const ratio = during / without;
  return `≤ ${GOAL} × (${figure(ratio)}${ratio > GOAL ? ", missed" : ""})`;
}

function find(gateway: Gateway, path: string, id: string): Promise<z.infer<typeof run>> {
  return gateway.get(`${path}/${id}`, run);
}
