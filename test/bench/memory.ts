/** Memory idle, under load and after many events, and the cost of a thousand idle webhooks. */
import { rmSync } from "node:fs";
import { countPending } from "./event-file.ts";
import { startGateway } from "./gateway.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds, residentBytes, watchMemory } from "./process-stats.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, megabytes, printTable, progress } from "./table.ts";

const IDLE_WEBHOOKS = 1000;

export async function memory(options: BenchOptions): Promise<void> {
  progress(`memory: ${options.memoryEvents} events`);
  const folder = makeFolder();
  const receiver = await startScript("receiver.ts", []);
  const gateway = await startGateway(makeFolder());
  const [webhook] = await gateway.createWebhooks([{ target: { url: `${receiver.origin}/count` } }]);
  if (webhook === undefined) throw new Error("no webhook was made");
  await Bun.sleep(options.idleSeconds * 1000);
  const idle = residentBytes(gateway.pid);
  const stopWatching = watchMemory(gateway.pid);
  let events = 0;
  while (events < options.memoryEvents) {
    const { requests } = await runLoad({ ...options, urls: [webhook.url], bodyBytes: 1024, folder });
    events += requests;
  }
  while (countPending(webhook.eventFile) > 0) await Bun.sleep(500);
  const peak = stopWatching();
  await Bun.sleep(options.idleSeconds * 1000);
  const after = residentBytes(gateway.pid);
  await gateway.stop();
  await receiver.stop();
  rmSync(folder, { recursive: true });
  printTable(
    "Resident memory, MB",
    ["moment", "MB", "above idle"],
    [
      ["idle", megabytes(idle), ""],
      [`peak while ${figure(events)} events came and went`, megabytes(peak), megabytes(peak - idle)],
      [`${options.idleSeconds} s later`, megabytes(after), megabytes(after - idle)],
    ],
  );
}

export async function idle(options: BenchOptions): Promise<void> {
  progress(`idle: ${IDLE_WEBHOOKS} webhooks`);
  const receiver = await startScript("receiver.ts", []);
  const gateway = await startGateway(makeFolder());
  const empty = await costOf(gateway.pid, options);
  const target = { url: `${receiver.origin}/count` };
  const webhooks = await gateway.createWebhooks(Array.from({ length: IDLE_WEBHOOKS }, () => ({ target })));
  for (const { url } of webhooks) {
    const response = await fetch(url, { method: "POST", body: "{}", proxy: false });
    await response.arrayBuffer();
  }
  const full = await costOf(gateway.pid, options);
  await gateway.stop();
  await receiver.stop();
  printTable(
    "The idle gateway",
    ["webhooks", "CPU µs per second", "memory MB"],
    [
      ["0", figure(empty.cpu), megabytes(empty.memory)],
      [`${IDLE_WEBHOOKS}, each with an event`, figure(full.cpu), megabytes(full.memory)],
    ],
  );
}

async function costOf(pid: number, options: BenchOptions): Promise<{ cpu: number; memory: number }> {
  // The process settles first: the garbage collector runs for a minute.
  await Bun.sleep(6 * options.idleSeconds * 1000);
  const before = cpuMicroseconds(pid);
  await Bun.sleep(options.idleSeconds * 1000);
  return { cpu: (cpuMicroseconds(pid) - before) / options.idleSeconds, memory: residentBytes(pid) };
}
