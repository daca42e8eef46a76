/**
 * How soon the pages of a webhook with a million events or more are there, how long others wait, and how long a check
 * takes.
 */
import { rmSync } from "node:fs";
import { CHART_RANGES } from "../../src/dashboard/time/spans.ts";
import { timeOfId } from "../../src/lib/ids.ts";
import { fillEventFile } from "../support/fill-event-file.ts";
import { startGateway } from "./gateway.ts";
import type { BenchOptions } from "./options.ts";
import { signIn } from "./sign-in.ts";
import { makeFolder, startScript } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

/** Up to this many events, a page has the tighter goal. */
const FEW_EVENTS = 100_000;
const GOAL_MS = { few: 30, many: 50 } as const;
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
  for (const ask of asksOf({
    webhookId: webhook.id,
    targetId: targetIds[0],
    otherTargetId: second,
    middle,
  })) {
    progress(`event-log: ${ask.name}`);
    const times: number[] = [];
    let text = "";
    const waited = watchOthers(gateway.origin);
    for (let count = 0; count < options.logAsks; count++) {
      const started = performance.now();
      const answer = await fetch(gateway.origin + ask.path, { headers: { cookie }, proxy: false });
      text = await answer.text();
      times.push(performance.now() - started);
      if (answer.status !== 200) throw new Error(`${ask.path} was answered ${answer.status}`);
    }
    const goalMs = options.logEvents <= FEW_EVENTS ? GOAL_MS.few : GOAL_MS.many;
    rows.push(rowOf(ask, { times, text, waited: await waited(), goalMs }));
  }
  await gateway.stop({ keepFolder: true });
  await receiver.stop();
  progress("event-log: the file is checked");
  const checked = await gateway.time(["check"]);
  rmSync(folder, { recursive: true });
  printTable(
    `Pages of a webhook with ${options.logEvents.toLocaleString("en-US")} events, ms until the whole page is there`,
    ["page", "median", "slowest", "goal", "rows", "stopped early", "others wait, median", "slowest"],
    rows,
  );
  process.stdout.write(`\n\`webhooker check\` of it took ${figure(checked / 1000)} s.\n`);
}

function asksOf(of: {
  webhookId: string;
  targetId: string;
  otherTargetId: string;
  middle: string;
}): readonly Ask[] {
  const path = `/source/${of.webhookId}`;
  const at = timeOfId(of.middle);
  const deep = `from=${new Date(at - HOUR_MS).toISOString()}&to=${new Date(at).toISOString()}`;
  const log = (name: string, query: string, hasGoal = true): Ask => ({
    name: `log, ${name}`,
    path: `${path}/logs${query}`,
    hasGoal,
  });
  const page = (name: string, to: string): Ask => ({ name, path: to, hasGoal: true });
  const target = `${path}/targets/${of.targetId}`;
  return [
    log("first page", ""),
    log("the last 30 days", "?range=30d"),
    log("status failed", "?status=failed"),
    log("status pending", "?status=pending"),
    log("status held: none", "?status=held"),
    log("status delivered", "?status=delivered"),
    log("an hour ten days ago", `?${deep}`),
    log("failed in that hour", `?status=failed&${deep}`),
    log("a page behind half of all events", `?cursor=${of.middle}`),
    log("one target", `?target=${of.targetId}`, false),
    log("failed at one target", `?status=failed&target=${of.targetId}`, false),
    log("pending at the other target: none", `?status=pending&target=${of.otherTargetId}`),
    log("event type, one of 10", "?type=order.paid", false),
    log("method PUT, one of 200", "?method=PUT", false),
    log("method DELETE: none", "?method=DELETE", false),
    log("a text that is everywhere", "?q=hello-world", false),
    log("a text that is in one of 50,000", "?q=needle", false),
    log("a text that is nowhere", "?q=there-is-none", false),
    page("event", `${path}/events/${of.middle}`),
    { name: "event, among those with a rare text", path: `${path}/events/${of.middle}?q=needle` },
    ...CHART_RANGES.map((range) => page(`webhook, ${range}`, `${path}?range=${range}`)),
    ...["24h", "7d", "30d"].map((range) => page(`target, ${range}`, `${target}?range=${range}`)),
    page("target's form", `${target}/edit`),
    page("webhook's settings", `${path}/edit`),
    page("replays", `${path}/replays`),
    page("a new replay", `${path}/replays/new`),
    page("rejected requests", `${path}/rejected`),
    page("list of webhooks", "/sources"),
    page("problems", "/problems"),
    page("server", "/admin/server"),
  ];
}

/**
 * Sends a trivial request all the time, which waits when the event loop is blocked. Returns the function that ends it.
 */
function watchOthers(origin: string): () => Promise<readonly number[]> {
  const waited: number[] = [];
  let isEnded = false;
  async function watch(): Promise<void> {
    while (!isEnded) {
      const since = performance.now();
      const answer = await fetch(`${origin}/livez`, { proxy: false });
      await answer.text();
      waited.push(performance.now() - since);
      await Bun.sleep(2);
    }
  }
  const watching = watch();
  return async () => {
    isEnded = true;
    await watching;
    return waited;
  };
}

type Measured = Readonly<{
  times: readonly number[];
  text: string;
  waited: readonly number[];
  goalMs: number;
}>;

function rowOf(ask: Ask, { times, text, waited, goalMs }: Measured): string[] {
  const found = text.split("data-event=").length - 1;
  const isOver = ask.hasGoal === true && median(times) > goalMs;
  return [
    ask.name,
    figure(median(times)),
    figure(Math.max(...times)),
    ask.hasGoal === true ? `${goalMs}${isOver ? " missed" : ""}` : "",
    ask.path.includes("/logs") ? String(found) : "",
    text.includes("stopped early") ? "yes" : "",
    figure(median(waited)),
    figure(Math.max(...waited)),
  ];
}
