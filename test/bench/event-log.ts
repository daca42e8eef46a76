/** How soon the pages of a webhook with a million events are there: the log, whole and filtered, and those around it. */
import { rmSync } from "node:fs";
import { timeOfId } from "../../src/lib/ids.ts";
import { fillEventFile } from "./event-log-fill.ts";
import { startGateway } from "./gateway.ts";
import type { BenchOptions } from "./options.ts";
import { signIn } from "./sign-in.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

const GOAL_MS = 50;
const HOUR_MS = 3_600_000;

type Ask = Readonly<{ name: string; path: string; hasGoal?: boolean }>;

export async function eventLog(options: BenchOptions): Promise<void> {
  const folder = makeFolder();
  const receiver = await startScript("receiver.ts", []);
  const first = await startGateway(folder);
  const target = { url: `${receiver.origin}/count` };
  const [webhook] = await first.createWebhooks([{ target }]);
  if (webhook === undefined) throw new Error("no webhook was made");
  const second = await first.addTarget(webhook.id, target);
  await first.stop({ keepFolder: true });
  const entrypointId = webhook.url.split("/").at(-1) ?? "";
  const targetIds = [webhook.targetId ?? "", second] as const;
  const middle = fillEventFile(
    { path: webhook.eventFile, webhookId: webhook.id, entrypointId, targetIds, events: options.logEvents },
    (done) => progress(`event-log: ${done} of ${options.logEvents} events written`),
  );

  const gateway = await startGateway(folder);
  const cookie = await signIn(gateway.origin);
  const rows: string[][] = [];
  for (const ask of asksOf({ webhookId: webhook.id, targetId: targetIds[0], middle })) {
    progress(`event-log: ${ask.name}`);
    const times: number[] = [];
    let text = "";
    for (let count = 0; count < options.logAsks; count++) {
      const started = performance.now();
      const answer = await fetch(gateway.origin + ask.path, { headers: { cookie }, proxy: false });
      text = await answer.text();
      times.push(performance.now() - started);
      if (answer.status !== 200) throw new Error(`${ask.path} was answered ${answer.status}`);
    }
    rows.push(rowOf(ask, times, text));
  }
  await gateway.stop({ keepFolder: true });
  await receiver.stop();
  rmSync(folder, { recursive: true });
  printTable(
    `Pages of a webhook with ${options.logEvents.toLocaleString("en-US")} events, ms until the whole page is there`,
    ["page", "median", "slowest", "goal", "rows", "stopped early"],
    rows,
  );
}

function asksOf(of: { webhookId: string; targetId: string; middle: string }): readonly Ask[] {
  const path = `/source/${of.webhookId}`;
  const at = timeOfId(of.middle);
  const deep = `from=${new Date(at - HOUR_MS).toISOString()}&to=${new Date(at).toISOString()}`;
  const log = (name: string, query: string, hasGoal = true): Ask => ({
    name: `log, ${name}`,
    path: `${path}/logs${query}`,
    hasGoal,
  });
  return [
    log("first page", ""),
    log("status failed", "?status=failed"),
    log("status pending", "?status=pending"),
    log("status held: none", "?status=held"),
    log("status delivered", "?status=delivered"),
    log("an hour ten days ago", `?${deep}`),
    log("failed in that hour", `?status=failed&${deep}`),
    log("a page half a million events back", `?cursor=${of.middle}`),
    log("one target", `?target=${of.targetId}`, false),
    log("failed at one target", `?status=failed&target=${of.targetId}`, false),
    log("method PUT, one of 200", "?method=PUT", false),
    log("method DELETE: none", "?method=DELETE", false),
    log("a text that is everywhere", "?q=hello-world", false),
    log("a text that is in one of 50,000", "?q=needle", false),
    log("a text that is nowhere", "?q=there-is-none", false),
    { name: "event", path: `${path}/events/${of.middle}` },
    { name: "webhook", path },
    { name: "list of webhooks", path: "/sources" },
  ];
}

function rowOf(ask: Ask, times: readonly number[], text: string): string[] {
  const found = text.split("data-event=").length - 1;
  const isOver = ask.hasGoal === true && median(times) > GOAL_MS;
  return [
    ask.name,
    figure(median(times)),
    figure(Math.max(...times)),
    ask.hasGoal === true ? `${GOAL_MS}${isOver ? " missed" : ""}` : "",
    ask.path.includes("/logs") ? String(found) : "",
    text.includes("stopped early") ? "yes" : "",
  ];
}
