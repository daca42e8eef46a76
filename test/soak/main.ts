/** `bun run soak`: kills the gateway at random moments under load, again and again, and proves that nothing is lost. */
import { parseArgs } from "node:util";
import { Load } from "../e2e/load.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { drain, listFaults, type SoakFlow } from "./proof.ts";
import { createRandom } from "./random.ts";
import { type ServiceName, startTargets, type Targets } from "./targets.ts";

const SENDERS = 24;
/** A life of the gateway lasts up to this long under load. */
const LONGEST_LIFE_MS = 1_500;
/** One start in so many is killed too, most of them before it is ready. */
const KILLED_START_ONE_OF = 10;
const LONGEST_START_MS = 150;
/** A delivery that is pending for longer after the last kill is stuck: all would have been tried again by then. */
const DRAIN_MS = 120_000;

const WEBHOOKS: readonly (readonly ServiceName[])[] = [
  ["steady"],
  ["steady", "flaky"],
  ["flaky", "picky"],
  ["silent", "steady"],
  ["steady", "steady", "flaky", "picky"],
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
  const gateway = await startGateway();
  const flows = await createFlows(gateway, targets);
  const load = new Load();
  let killedStarts = 0;
  for (let round = 1; round <= rounds; round++) {
    const running = load.run({ gateway, flows, senders: SENDERS });
    await Bun.sleep(random() * LONGEST_LIFE_MS);
    await gateway.kill9();
    await running;
    if (random() * KILLED_START_ONE_OF < 1) {
      killedStarts++;
      await killDuringStart(gateway, random() * LONGEST_START_MS);
    }
    await gateway.start();
    if (round % 10 === 0) process.stdout.write(`round ${round}: ${load.acknowledged.length} acknowledged\n`);
  }
  const drainedAfter = await drain({ gateway, flows, limitMs: DRAIN_MS });
  const faults = await listFaults({ gateway, flows, load, targets });
  const { tries, damaged } = targets.counts;
  const told = [
    `kills: ${rounds}, and ${killedStarts} during a start`,
    `events acknowledged: ${load.acknowledged.length}; requests that a kill left unanswered: ${load.unanswered}`,
    `tries that reached a target: ${tries}, of which with a damaged body: ${damaged}`,
    `nothing pending ${Math.round(drainedAfter / 1000)} s after the last start`,
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

async function createFlows(gateway: Gateway, targets: Targets): Promise<SoakFlow[]> {
  const flows: SoakFlow[] = [];
  for (const services of WEBHOOKS) {
    const flow = await gateway.api.createFlow(services.map(targets.wish));
    flows.push({ ...flow, services });
  }
  return flows;
}

async function killDuringStart(gateway: Gateway, afterMs: number): Promise<void> {
  const started = gateway.start().catch(() => undefined);
  await Bun.sleep(afterMs);
  await gateway.kill9();
  await started;
}
