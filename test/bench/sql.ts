/**
 * Hostile SQL from two users beside a steady load: no event may be refused, no query may take much memory, and no process
 * may be left behind, also after the gateway is killed.
 */
import { readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { attacksOn } from "../storage/sql-console/attacks.ts";
import { type BenchWebhook, type Gateway, startGateway } from "./gateway.ts";
import { between, boundOf, METRICS, readLag } from "./lag.ts";
import { runLoad } from "./load.ts";
import type { BenchOptions } from "./options.ts";
import { makeFolder } from "./subject.ts";
import { figure, megabytes, printTable, progress } from "./table.ts";

const RATE = 1_000;
const LAG_GOAL_MS = 20;
const MEMORY_GOAL_MB = 200;
const LOOK_EVERY_MS = 5;
/** After the gateway was killed. */
const PATIENCE_MS = 5_000;
const ENDLESS = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r";
/** On the load's own events: what people ask, which reads much. */
const HEAVY = [
  "SELECT body FROM events ORDER BY body",
  "SELECT header(headers, 'content-type'), count(*) FROM events GROUP BY 1",
  "SELECT count(*) FROM events WHERE body LIKE '%nowhere%'",
  "SELECT json_group_array(CAST(body AS TEXT)) FROM events",
];

const withId = z.object({ id: z.string().nullable() });
const fault = z.object({ error: z.object({ code: z.string() }) });

export async function sql(options: BenchOptions): Promise<void> {
  const { generator, connections, sqlSeconds: seconds } = options;
  const [folder, inputs] = [makeFolder(), makeFolder()];
  const gateway = await startGateway(folder, { env: METRICS });
  const [webhook] = await gateway.createWebhooks([{}]);
  if (webhook === undefined) throw new Error("no webhook was created");
  await gateway.time(["user", "add", "second", "--service"]);
  await gateway.post(`/webhooks/${webhook.id}/members`, { username: "second", role: "editor" }, withId);
  const keys = [gateway.keyOf("admin"), gateway.keyOf("second")];
  const load = {
    generator,
    connections,
    folder: inputs,
    urls: [webhook.url],
    bodyBytes: 1024,
    requestsPerSecond: RATE,
  };
  const rows: string[][] = [];
  for (const isHostile of [false, true]) {
    progress(`sql: ${RATE} events/s for ${seconds} s${isHostile ? " beside hostile queries" : ""}`);
    const end = new AbortController();
    const watch = watchChildren(gateway.pid);
    const before = await readLag(gateway.origin);
    const asked = isHostile ? keys.map((key) => attack({ gateway, webhook, key, until: end.signal })) : [];
    const { perSecond, p50, p99, failures } = await runLoad({ ...load, seconds });
    end.abort();
    const peak = watch.stop();
    const ends = (await Promise.all(asked)).flat();
    const lags = between(before, await readLag(gateway.origin));
    rows.push([
      isHostile ? "with queries" : "without",
      figure(perSecond),
      String(failures),
      figure(p50),
      figure(p99),
      boundOf(lags, 0.99),
      boundOf(lags, 1),
      isHostile ? figure(ends.length) : "–",
      isHostile ? megabytes(peak) : "–",
    ]);
    if (isHostile)
      process.stdout.write(`\n${countEnds(ends)}; ${childrenOf(gateway.pid).length} processes left\n`);
  }
  for (const key of keys) query({ gateway, webhook, key, statement: ENDLESS }).catch(() => undefined);
  while (childrenOf(gateway.pid).length < 2) await Bun.sleep(LOOK_EVERY_MS);
  const children = childrenOf(gateway.pid);
  process.kill(gateway.pid, "SIGKILL");
  const since = performance.now();
  while (children.some(isRunning) && performance.now() - since < PATIENCE_MS) await Bun.sleep(LOOK_EVERY_MS);
  const left = children.filter(isRunning).length;
  for (const each of [folder, inputs]) rmSync(each, { recursive: true });
  printTable(
    `${RATE} events/s of 1 KB for ${seconds} s; ${left} of ${children.length} processes left ${figure(performance.now() - since)} ms after kill -9`,
    [
      "hostile SQL",
      "events/s",
      "refused (goal 0)",
      "acknowledged p50 ms",
      "p99 ms",
      `loop lag p99 ms (goal ${LAG_GOAL_MS})`,
      "largest",
      "queries",
      `largest process MB (goal ${MEMORY_GOAL_MB})`,
    ],
    rows,
  );
}

type Asked = Readonly<{ gateway: Gateway; webhook: BenchWebhook; key: string }>;

/** Runs one attack after the other, and returns how each ended. */
async function attack({ until, ...asked }: Asked & Readonly<{ until: AbortSignal }>): Promise<string[]> {
  const statements = [...attacksOn("/tmp").map((each) => each.sql), ...HEAVY].sort(() => Math.random() - 0.5);
  const ends: string[] = [];
  while (!until.aborted) {
    const statement = statements[ends.length % statements.length] ?? "";
    ends.push(await query({ ...asked, statement }));
  }
  return ends;
}

async function query({
  gateway,
  webhook,
  key,
  statement,
}: Asked & Readonly<{ statement: string }>): Promise<string> {
  const answer = await fetch(`${gateway.origin}/api/v1/webhooks/${webhook.id}/query`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ sql: statement, newest: "all", max_rows: 10_000 }),
    proxy: false,
  });
  const text = await answer.text();
  return answer.ok ? "rows" : fault.parse(JSON.parse(text)).error.code;
}

function countEnds(ends: readonly string[]): string {
  return [...Map.groupBy(ends, (each) => each)].map(([name, all]) => `${all.length} ${name}`).join(", ");
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

/** Follows the memory of the process's children; `stop` returns the most that one of them has taken, in bytes. */
function watchChildren(pid: number): Readonly<{ stop: () => number }> {
  let peakKb = 0;
  const timer = setInterval(() => {
    for (const child of childrenOf(pid)) peakKb = Math.max(peakKb, peakOf(child));
  }, LOOK_EVERY_MS);
  return {
    stop() {
      clearInterval(timer);
      return peakKb * 1024;
    },
  };
}

function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** An ended process stays listed as a zombie until the one that inherited it notices. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}
