/**
 * `bun run cluster-faults`: brings about one fault after the other in a cluster under load, and checks that nothing is lost,
 * that all nodes have the same afterwards, and how long senders and receivers had to wait.
 */
import { parseArgs } from "node:util";
import type { Fault } from "./fault.ts";
import { FAULTS } from "./faults.ts";
import { whyNot } from "./machine/needs.ts";
import { play } from "./play.ts";
import { startWorld, type World } from "./world.ts";

const { values: flags } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    /** One fault, or several with commas; all by default. */
    only: { type: "string" },
    rounds: { type: "string", default: "10" },
    /** Suspends for seconds instead of half a minute. */
    quick: { type: "boolean", default: false },
    /** Nodes of three that keep the event files. */
    copies: { type: "string", default: "3" },
    /** Prints the nodes' logs where something is wrong. */
    logs: { type: "boolean", default: false },
  },
});
const rounds = Number(flags.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds takes a whole number above 0");
const copies = Number(flags.copies);
if (![1, 2, 3].includes(copies)) throw new Error("--copies takes 1, 2 or 3");
const names = flags.only?.split(",") ?? Object.keys(FAULTS);
let failures = 0;
for (const name of names) {
  const fault = FAULTS[name];
  if (fault === undefined) throw new Error(`--only takes ${Object.keys(FAULTS).join(", ")}`);
  failures += await run(name, fault);
}
process.exit(failures === 0 ? 0 : 1);

/** Returns the number of rounds that went wrong. */
async function run(name: string, fault: Fault): Promise<number> {
  const { need = null } = fault;
  const reason = need && whyNot(need);
  if (reason !== null) {
    print(`${name} is left out, as this machine does not allow it: ${reason}`);
    return 0;
  }
  const world = await startWorld({ need, copies: fault.copies ?? copies });
  let failed = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      const { verdict, pauses, answers } = await play(world, fault, { isQuick: flags.quick });
      const isSlow = fault.boundMs !== null && pauses.acknowledged > fault.boundMs;
      if (verdict.faults.length > 0 || isSlow) failed++;
      print(
        `${name} ${round}: ${world.senders.acknowledged.length} acknowledged, ${verdict.lost} lost, ${verdict.doubled} doubled, ${verdict.undelivered} undelivered, ${verdict.repeats} repeats; pauses ${ms(pauses.acknowledged)}${isSlow ? " (TOO LONG)" : ""} and ${ms(pauses.delivered)}, settled after ${ms(verdict.settledMs)}; answers ${answers}; ${resources(world)}`,
      );
      for (const line of verdict.faults.slice(0, 8)) print(`  ${line}`);
      if (verdict.faults.length === 0) continue;
      if (flags.logs)
        for (const node of world.nodes) print(`--- ${world.cluster.nameOf(node)}\n${told(node.log)}`);
      break;
    }
    failed += await check(world);
  } catch (error) {
    failed++;
    print(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    if (flags.logs)
      for (const node of world.nodes) print(`--- ${world.cluster.nameOf(node)}\n${told(node.log)}`);
  } finally {
    await world.end();
  }
  return failed;
}

/** Stops one node and lets the program look through its files. */
async function check({ nodes }: World): Promise<number> {
  const node = nodes[0];
  if (node === undefined) return 0;
  await node.stop();
  const { code, out, err } = await node.run(["check"]);
  if (code !== 0) print(`  check: ${out}${err}`);
  return code === 0 ? 0 : 1;
}

/** Memory in MB and open descriptors of each node. */
function resources({ nodes }: World): string {
  return nodes
    .map(({ pid }) => {
      const memory = Bun.spawnSync(["grep", "VmRSS", `/proc/${pid}/status`]).stdout.toString();
      const files = Bun.spawnSync(["ls", `/proc/${pid}/fd`])
        .stdout.toString()
        .split("\n").length;
      return `${Math.round(Number(/\d+/.exec(memory)?.[0]) / 1024)} MB ${files} fds`;
    })
    .join(", ");
}

/** Without the lines of requests. */
function told(log: string): string {
  return log
    .split("\n")
    .filter((line) => !/ audit|INFO {2}request/.test(line))
    .slice(-60)
    .join("\n");
}

function ms(time: number): string {
  return `${(time / 1000).toFixed(1)} s`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
