/**
 * Ten thousand webhooks with event files: how soon the gateway is ready to receive, and what it costs when nothing
 * happens.
 */
import { Database, type SQLQueryBindings } from "bun:sqlite";
import { copyFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BenchWebhook, type Gateway, startGateway } from "./gateway.ts";
import type { BenchOptions } from "./options.ts";
import { cpuMicroseconds, residentBytes, watchMemory } from "./process-stats.ts";
import { makeFolder } from "./subject.ts";
import { figure, megabytes, printTable, progress } from "./table.ts";

const READY_GOAL_MS = 3_000;
const MEMORY_GOAL_MB = 300;
const CPU_GOAL_PERCENT = 1;
/**
 * The gateway surveys the files in the background after a start; the survey has ended when a second costs less than
 * this.
 */
const SETTLED_MICROSECONDS = 20_000;
const LONGEST_SETTLING_S = 180;

export async function scale(options: BenchOptions): Promise<void> {
  progress(`scale: ${options.scaleWebhooks} webhooks are made`);
  const folder = makeFolder();
  const first = await startGateway(folder);
  const [webhook] = await first.createWebhooks([{}]);
  if (webhook === undefined) throw new Error("no webhook was made");
  await post(first, webhook);
  await first.stop({ keepFolder: true });
  multiply(folder, webhook, options.scaleWebhooks - 1);

  progress("scale: started");
  const gateway = await startGateway(folder);
  const stopWatching = watchMemory(gateway.pid);
  const acknowledgedAfter = await post(gateway, webhook);
  const settledAfter = await waitUntilSettled(gateway.pid);
  const before = cpuMicroseconds(gateway.pid);
  await Bun.sleep(options.idleSeconds * 1000);
  const cpu = (cpuMicroseconds(gateway.pid) - before) / options.idleSeconds;
  const memory = residentBytes(gateway.pid);
  const peak = stopWatching();
  await gateway.stop();
  printTable(
    `${options.scaleWebhooks.toLocaleString("en-US")} webhooks, each with an event file`,
    ["figure", "value", "goal"],
    [
      ["start to first answer, ms", figure(gateway.startedAfter), String(READY_GOAL_MS)],
      ["then, until a first event is acknowledged, ms", figure(acknowledgedAfter), ""],
      ["then, until all files were looked through in the background, s", figure(settledAfter / 1000), ""],
      ["idle CPU, %", figure(cpu / 10_000), String(CPU_GOAL_PERCENT)],
      ["idle memory, MB", megabytes(memory), String(MEMORY_GOAL_MB)],
      ["peak memory, MB", megabytes(peak), String(MEMORY_GOAL_MB)],
    ],
  );
}

/** Milliseconds to the acknowledgement. */
async function post(gateway: Gateway, webhook: BenchWebhook): Promise<number> {
  const since = performance.now();
  const url = gateway.origin + new URL(webhook.url).pathname;
  const answer = await fetch(url, { method: "POST", body: "{}", proxy: false });
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`an event was answered ${answer.status}`);
  return performance.now() - since;
}

async function waitUntilSettled(pid: number): Promise<number> {
  const since = performance.now();
  for (let second = 0; second < LONGEST_SETTLING_S; second++) {
    const before = cpuMicroseconds(pid);
    await Bun.sleep(1_000);
    if (cpuMicroseconds(pid) - before < SETTLED_MICROSECONDS) break;
  }
  return performance.now() - since;
}

/** Copies the webhook with its entrypoint and file while no gateway runs, as creating each by the API takes minutes. */
function multiply(folder: string, webhook: BenchWebhook, copies: number): void {
  const db = new Database(join(folder, "main.db"));
  const [webhookRow, entrypointRow] = ["webhooks", "entrypoints"].map((table) => getRow(db, table));
  db.transaction(() => {
    for (let copy = 0; copy < copies; copy++) {
      const id = crypto.randomUUID();
      insert(db, "webhooks", { ...webhookRow, id });
      insert(db, "entrypoints", { ...entrypointRow, id: crypto.randomUUID(), webhook_id: id });
      copyFileSync(webhook.eventFile, join(dirname(webhook.eventFile), `events-${id}.db`));
    }
  })();
  db.close(true);
}

type Row = Readonly<Record<string, SQLQueryBindings>>;

function getRow(db: Database, table: string): Row {
  const row = db.query<Row, []>(`SELECT * FROM ${table}`).get();
  if (row === null) throw new Error(`nothing in ${table}`);
  return row;
}

function insert(db: Database, table: string, row: Row): void {
  const names = Object.keys(row);
  const places = names.map(() => "?").join(", ");
  db.query(`INSERT INTO ${table} (${names.join(", ")}) VALUES (${places})`).run(...Object.values(row));
}
