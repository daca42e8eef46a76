/**
 * `bun test/soak/listen.ts [EVENTS [PART]]`: 40,000 events through `webhooker listen` with 12 kills, a frozen network and a restart of the
 * gateway; the latency of live events; a laptop that sleeps; and the memory of idle pullers. Prints one line for each,
 * and exits with 1 if a bound is missed. Needs dist/webhooker.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { type Listening, startListening } from "../support/listener.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { freePort } from "../support/site.ts";
import { runListenFaults, sendMany } from "./listen-faults.ts";

const EVENTS = Number(process.argv[2] ?? 40_000);
const KILLS = 12;
const CONCURRENCY = 16;
const LIVE_EVENTS = 500;
const SLEEP_MS = 120_000;
const PULLERS = 1_000;

const MB = 1024 * 1024;
const missed: string[] = [];

function report(what: string, text: string, isWithin: boolean): void {
  process.stdout.write(`${isWithin ? "ok    " : "MISSED"} ${what}: ${text}\n`);
  if (!isWithin) missed.push(what);
}

async function faults(): Promise<void> {
  const run = { events: EVENTS, kills: KILLS, freezeMs: 9_000, leaseMs: 5_000, concurrency: CONCURRENCY };
  const { lost, repeats, ms } = await runListenFaults(run);
  report(
    `${EVENTS} events, ${KILLS} kills, a freeze of 9 s, a restart`,
    `${lost} lost, ${repeats} twice, ${(ms / 1_000).toFixed(1)} s`,
    lost === 0 && repeats <= KILLS * CONCURRENCY,
  );
}

/** One listener and one receiver on a gateway of their own. */
async function withListener(
  use: (parts: {
    gateway: Gateway;
    listening: Listening;
    entrypointId: string;
    receiver: Receiver;
    /** When each event arrived at the service, by id. */
    arrivals: ReadonlyMap<string, number>;
    nextArrival: () => Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  await using gateway = await startGateway({ env: { PORT: String(freePort()) } });
  const { webhookId, entrypointId, targetIds } = await gateway.api.setUpWebhook([{ type: "pull" }]);
  const arrivals = new Map<string, number>();
  let wake: () => void = () => undefined;
  const receiver = await startReceiver({
    forgets: true,
    script(request) {
      arrivals.set(request.header("x-webhooker-event-id") ?? "", performance.now());
      wake();
      return {};
    },
  });
  const key = await gateway.api.key();
  const args = [webhookId, "--target", targetIds[0] ?? "", "--to", receiver.url];
  const listening = startListening({ url: gateway.origin, key, args });
  await listening.waitToTell(/Press Ctrl-C/);
  try {
    await use({
      gateway,
      listening,
      entrypointId,
      receiver,
      arrivals,
      nextArrival: () =>
        new Promise((resolve) => {
          wake = resolve;
        }),
    });
  } finally {
    listening.signal("SIGKILL");
    await listening.finished;
    await receiver.close();
  }
}

async function latency(): Promise<void> {
  await withListener(async ({ gateway, entrypointId, nextArrival }) => {
    const times: number[] = [];
    for (let n = 0; n < LIVE_EVENTS; n++) {
      const arrived = nextArrival();
      const from = performance.now();
      await sendMany(gateway, entrypointId, 1);
      await arrived;
      times.push(performance.now() - from);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) => times[Math.floor(times.length * share)] ?? Number.NaN;
    const text = `p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms, from before the request`;
    report(`${LIVE_EVENTS} live events`, text, at(0.5) < 10);
  });
}

async function sleep(): Promise<void> {
  await withListener(async ({ gateway, entrypointId, listening, nextArrival }) => {
    const first = nextArrival();
    await sendMany(gateway, entrypointId, 1);
    await first;
    listening.signal("SIGSTOP");
    await Bun.sleep(SLEEP_MS / 2);
    await sendMany(gateway, entrypointId, 20);
    await Bun.sleep(SLEEP_MS / 2);
    const arrived = nextArrival();
    const from = performance.now();
    listening.signal("SIGCONT");
    await arrived;
    const ms = performance.now() - from;
    report(`asleep for ${SLEEP_MS / 1_000} s`, `first event ${ms.toFixed(0)} ms after waking`, ms < 2_000);
  });
}

async function memory(): Promise<void> {
  await using gateway = await startGateway({ env: { PORT: String(freePort()) } });
  const { webhookId } = await gateway.api.setUpWebhook();
  const targets: string[] = [];
  for (let n = 0; n < PULLERS; n++) {
    const body = { name: `laptop ${n}`, type: "pull" };
    const response = await gateway.api.request("POST", `/webhooks/${webhookId}/targets`, body);
    targets.push(response.headers.get("location")?.split("/").at(-1) ?? "");
  }
  const authorization = `Bearer ${await gateway.api.key()}`;
  // fetch runs 256 requests at a time.
  const agent = new Agent({ keepAlive: true, maxSockets: PULLERS });
  const pull = (id: string, wait: number) =>
    new Promise<void>((resolve, reject) => {
      const url = `${gateway.origin}/api/v1/webhooks/${webhookId}/targets/${id}/pull`;
      const headers = { authorization, "content-type": "application/json" };
      request(url, { method: "POST", agent, headers }, (response) => response.resume().on("end", resolve))
        .on("error", reject)
        .end(JSON.stringify({ wait }));
    });
  const pullAll = (wait: number) => Promise.all(targets.map((id) => pull(id, wait)));
  // Else the memory that the creation of the targets has left would be used for the pullers.
  await gateway.restart();
  for (const id of targets.slice(0, 10)) await pull(id, 0);
  await Bun.sleep(5_000);
  const before = rssOf(gateway.pid);
  const idle = pullAll(25);
  await Bun.sleep(15_000);
  const during = rssOf(gateway.pid);
  await idle;
  agent.destroy();
  const more = (during - before) / MB;
  const text = `${(before / MB).toFixed(0)} MB before, ${more.toFixed(1)} MB more while they wait`;
  report(`${PULLERS} idle pullers`, text, more < 30);
}

function rssOf(pid: number): number {
  const [, kb = "0"] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kb) * 1024;
}

const parts = { latency, memory, sleep, faults };
const [, , , only] = process.argv;
for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) await part();
process.exit(missed.length === 0 ? 0 : 1);
