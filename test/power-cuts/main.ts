/**
 * `bun run power-cuts`: follows every write and sync of the executable under load by strace, and checks that power cuts
 * between them keep everything acknowledged. Each life of the gateway begins with what a cut left. With `--inject
 * fdatasync:retval=0`, which leaves syncs out, it must find losses.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Load } from "../e2e/load.ts";
import { createRandom } from "../soak/random.ts";
import { ApiClient, type WebhookSetup } from "../support/api-client.ts";
import { Gateway } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { FrailFolder } from "./frail-folder.ts";
import { listFaults, readFiles, writeFiles } from "./proof.ts";
import { bytesOf, type Moment, readCalls, tracing } from "./system-calls.ts";

const SENDERS = 16;
/** Clients that create one entrypoint after the other, so that the main database's WAL is restarted too. */
const CONFIGURERS = 4;
/** Number of different outcomes that are checked for the same moment. */
const CUTS_AT_A_MOMENT = 2;
/** Limit for a gateway that accepts no more events. */
const LONGEST_LIFE_MS = 60_000;

const { values: flags } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    lives: { type: "string", default: "3" },
    webhooks: { type: "string", default: "8" },
    /** Events in each life. */
    events: { type: "string", default: "1000" },
    /** Moments checked in each life. */
    moments: { type: "string", default: "50" },
    /** Limit of open descriptors: few enough that not all webhooks' files can be open. */
    descriptors: { type: "string" },
    /** Faults for strace to inject, such as `fdatasync:error=EIO:when=50+97`. */
    inject: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

/** "HTTP/1.1 2", as strace prints it. */
const ANSWER_BEGINS = `"${[...Buffer.from("HTTP/1.1 2")].map((byte) => `\\x${byte.toString(16)}`).join("")}`;
const EVENT_ID = /x-webhooker-event-id: ([0-9a-f-]{36})/i;
const ENTRYPOINT_ID = /location: \/api\/v1\/webhooks\/[0-9a-f-]{36}\/entrypoints\/([0-9a-f-]{36})/i;

if (Bun.which("strace") === null) throw new Error("it takes strace, which is not installed");
process.exitCode = await main();

async function main(): Promise<number> {
  process.stdout.write(`--seed ${flags.seed}\n`);
  const random = createRandom(Number(flags.seed));
  const folder = mkdtempSync(join(tmpdir(), "webhooker-cuts-"));
  const home = join(folder, "gateway");
  const trace = join(folder, "trace");
  const place = join(folder, "left");
  mkdirSync(home);
  const key = await createKey(home);
  const limit = flags.descriptors === undefined ? "" : `ulimit -n ${flags.descriptors}; `;
  const gateway = new Gateway(home, { before: `${limit}exec ${tracing(trace, flags.inject)} "$0" "$@"` });
  const api = new ApiClient(
    () => gateway.origin,
    () => Promise.resolve(key),
  );
  const receiver = await startReceiver();
  const setups: WebhookSetup[] = [];
  const acknowledged = new Set<string>();
  const entrypointIds = new Set<string>();
  const faults: string[] = [];
  let cuts = 0;

  function look(disk: FrailFolder): void {
    cuts++;
    writeFiles({ files: disk.cut(random), from: home, to: place });
    const found = listFaults(place, { acknowledged, entrypointIds });
    if (found.length > 0) process.stdout.write(`cut ${cuts}: ${found.slice(0, 5).join("\n  ")}\n`);
    faults.push(...found);
  }

  /** Runs the gateway under load until it is killed. */
  async function live(): Promise<void> {
    await gateway.start();
    while (setups.length < Number(flags.webhooks)) {
      setups.push(await api.setUpWebhook([{ type: "http", config: { url: receiver.url } }]));
    }
    const load = new Load();
    const running = load.run({ gateway, setups, senders: SENDERS });
    const configuring = Array.from({ length: CONFIGURERS }, configure);
    await Promise.race([load.waitFor(Number(flags.events)), Bun.sleep(LONGEST_LIFE_MS)]);
    await gateway.kill9();
    await running;
    await Promise.all(configuring);
    await untilWritten(trace);
  }

  /** Creates entrypoints until the gateway is killed. */
  async function configure(): Promise<void> {
    const path = `/webhooks/${setups[0]?.webhookId}/entrypoints`;
    for (;;) {
      const answer = await api.request("POST", path, { name: "x".repeat(200) }).catch(() => null);
      if (answer === null) return;
      await answer.text();
    }
  }

  for (let life = 1; life <= Number(flags.lives) && faults.length === 0; life++) {
    const disk = new FrailFolder(home, readFiles(home));
    const known = acknowledged.size;
    await live();
    const total = await countCalls(trace);
    const moments = new Set(
      Array.from({ length: Number(flags.moments) }, () => Math.floor(random() * total)),
    );
    let at = 0;
    let injected = 0;
    for await (const moment of readCalls(trace)) {
      const answered = answerIn(moment);
      const [, id] = EVENT_ID.exec(answered) ?? [];
      if (id !== undefined) acknowledged.add(id);
      const [, entrypointId] = ENTRYPOINT_ID.exec(answered) ?? [];
      if (entrypointId !== undefined) entrypointIds.add(entrypointId);
      if (moment.kind === "ended" && moment.result.endsWith("(INJECTED)")) injected++;
      disk.take(moment);
      if (!moments.has(at++)) continue;
      for (let count = 0; count < CUTS_AT_A_MOMENT; count++) look(disk);
    }
    look(disk);
    const told = `${acknowledged.size - known} acknowledged and ${entrypointIds.size} entrypoints in ${total} moments, ${injected} of them faulty; ${cuts} cuts so far`;
    process.stdout.write(`life ${life}: ${told}\n`);
    writeFiles({ files: disk.cut(random), from: home, to: home });
  }
  await receiver.close();
  if (faults.length === 0) rmSync(folder, { recursive: true });
  process.stdout.write(`${cuts} cuts, ${acknowledged.size} acknowledged, faults: ${faults.length}\n`);
  return faults.length === 0 ? 0 : 1;
}

/** Creates the key in a separate life: what a command writes is not followed. */
async function createKey(home: string): Promise<string> {
  const gateway = new Gateway(home);
  await gateway.start();
  const { out } = await gateway.run(["apikey", "create", "--user", "admin", "--name", "test"]);
  await gateway.stop();
  return out.trim();
}

/** The successful response being sent to a sender or client, or "". */
function answerIn({ call, kind }: Moment): string {
  const [, text = ""] = call.args;
  if (kind === "ended" || !/^(write|sendto)$/.test(call.name) || !text.startsWith(ANSWER_BEGINS)) return "";
  return bytesOf(text).toString("latin1");
}

async function countCalls(trace: string): Promise<number> {
  let count = 0;
  for await (const _ of readCalls(trace)) count++;
  return count;
}

/** Waits until strace, which ends after the gateway, has written its record. */
async function untilWritten(trace: string): Promise<void> {
  for (let size = -1; size !== Bun.file(trace).size; ) {
    size = Bun.file(trace).size;
    await Bun.sleep(500);
  }
}
