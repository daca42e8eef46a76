/** `bun run soak`: kills the gateway at random moments under load, again and again, and checks that nothing is lost. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Load } from "../e2e/load.ts";
import type { WebhookSetup } from "../support/api-client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { Pauses } from "./pauses.ts";
import { drain, type Habit, listFaults, type SoakWebhook } from "./proof.ts";
import { createRandom } from "./random.ts";
import { type ServiceName, startTargets, type Targets } from "./targets.ts";

const SENDERS = 24;
/** Longest time that the gateway runs under load before it is killed. */
const LONGEST_LIFE_MS = 1_500;
/** One start in this many is killed too, most of them before it is ready. */
const KILLED_START_ONE_OF = 10;
const LONGEST_START_MS = 150;
/** A delivery that is pending for longer after the last kill is stuck: all would have been retried by then. */
const DRAIN_MS = 120_000;

/** Duplicates of one event sent at once to an entrypoint that detects them; one more follows their responses. */
const COPIES = 2;

const WEBHOOKS: readonly Readonly<{ services: readonly ServiceName[]; habit?: Habit }>[] = [
  { services: ["steady"] },
  { services: ["steady", "flaky"] },
  { services: ["flaky", "picky"] },
  { services: ["silent", "steady"] },
  { services: ["steady", "steady", "flaky", "picky"] },
  { services: ["steady", "flaky"], habit: "copies" },
  { services: ["steady", "flaky"], habit: "pauses" },
];

const { values: flags } = parseArgs({
  args: Bun.argv.slice(2),
  options: { rounds: { type: "string", default: "100" }, seed: { type: "string" } },
});
const rounds = Number(flags.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number above 0");
const seed = flags.seed === undefined ? Date.now() % 1_000_000 : Number(flags.seed);
process.exitCode = await soak(createRandom(seed));

async function soak(random: () => number): Promise<number> {
  const since = performance.now();
  process.stdout.write(`${rounds} rounds with --seed ${seed}\n`);
  const targets = await startTargets();
  const gateway = await startGateway({}, mkdtempSync(join(tmpdir(), "webhooker-soak-")));
  const setups = await setUpWebhooks(gateway, targets);
  const load = new Load((setup) => (habitOf(setups, setup) === "copies" ? COPIES : 0));
  const pauses = new Pauses({ gateway, setups, random });
  let killedStarts = 0;
  for (let round = 1; round <= rounds; round++) {
    const running = load.run({ gateway, setups, senders: SENDERS });
    const pausing = pauses.run();
    await Bun.sleep(random() * LONGEST_LIFE_MS);
    await gateway.kill9();
    await Promise.all([running, pausing]);
    if (random() * KILLED_START_ONE_OF < 1) {
      killedStarts++;
      await killDuringStart(gateway, random() * LONGEST_START_MS);
    }
    await gateway.start();
    if (round % 10 === 0) process.stdout.write(`round ${round}: ${load.acknowledged.length} acknowledged\n`);
  }
  await pauses.end();
  const drainedAfter = await drain({ gateway, setups, limitMs: DRAIN_MS });
  const faults = [...pauses.faults, ...(await listFaults({ gateway, setups, load, targets }))];
  const { attempts, damaged } = targets.counts;
  const told = [
    `kills: ${rounds}, and ${killedStarts} during a start`,
    `answers that acknowledge an event: ${load.acknowledged.length}, of which to copies: ${countCopies(load)}; requests that a kill left unanswered: ${load.unanswered}`,
    `attempts that reached a target: ${attempts}, of which with a damaged body: ${damaged}`,
    `pauses: ${pauses.counts.pause}, ended with a drain: ${pauses.counts.resume}, at once: ${pauses.counts.release}`,
    `nothing pending or held ${Math.round(drainedAfter / 1000)} s after the last start`,
    `faults: ${faults.length}`,
    ...faults.slice(0, 20),
    `${Math.round((performance.now() - since) / 1000)} s`,
  ];
  process.stdout.write(`${told.join("\n")}\n`);
  await targets.close();
  if (faults.length === 0 && damaged === 0) {
    await gateway.remove();
    return 0;
  }
  await gateway.stop();
  process.stdout.write(`The data is kept in ${gateway.folder}\n`);
  return 1;
}

async function setUpWebhooks(gateway: Gateway, targets: Targets): Promise<SoakWebhook[]> {
  const setups: SoakWebhook[] = [];
  for (const { services, habit = "plain" } of WEBHOOKS) {
    const setup = await gateway.api.setUpWebhook(services.map(targets.wish));
    setups.push({ ...setup, services, habit });
    if (habit !== "copies") continue;
    const path = `/webhooks/${setup.webhookId}/entrypoints/${setup.entrypointId}`;
    const changed = await gateway.api.request("PATCH", path, { deduplicate_by: "body" });
    if (!changed.ok) throw new Error(`looking for duplicates: ${changed.status} ${await changed.text()}`);
  }
  return setups;
}

function habitOf(setups: readonly SoakWebhook[], { webhookId }: WebhookSetup): Habit {
  return setups.find((setup) => setup.webhookId === webhookId)?.habit ?? "plain";
}

function countCopies({ acknowledged }: Load): number {
  return acknowledged.length - new Set(acknowledged.map(({ number }) => number)).size;
}

async function killDuringStart(gateway: Gateway, afterMs: number): Promise<void> {
  const started = gateway.start().catch(() => undefined);
  await Bun.sleep(afterMs);
  await gateway.kill9();
  await started;
}
