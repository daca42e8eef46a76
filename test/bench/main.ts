/** `bun run bench`: measures the compiled executable and prints its figures as tables. */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { apply } from "./apply.ts";
import { arrival } from "./arrival.ts";
import { backlog } from "./backlog.ts";
import { cluster } from "./cluster.ts";
import { delivery, httpsDelivery } from "./delivery.ts";
import { drain, httpsDrain } from "./drain.ts";
import { endurance } from "./endurance.ts";
import { eventLog } from "./event-log.ts";
import { filters } from "./filters.ts";
import { lag } from "./lag.ts";
import { idle, memory } from "./memory.ts";
import { type BenchOptions, benchOptions } from "./options.ts";
import { publish } from "./publish.ts";
import { replay } from "./replay.ts";
import { scale } from "./scale.ts";
import { sql } from "./sql.ts";
import { startup } from "./startup.ts";
import { throughput } from "./throughput.ts";
import { verification } from "./verification.ts";

const measurements: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  startup,
  throughput,
  verification,
  filters,
  delivery,
  "delivery-https": httpsDelivery,
  drain,
  "drain-https": httpsDrain,
  arrival,
  memory,
  idle,
  "event-log": eventLog,
  replay,
  lag,
  apply,
  scale,
  publish,
  sql,
  endurance,
  backlog,
  cluster,
};

const { values: flags } = parseArgs({
  args: Bun.argv.slice(2),
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    generator: { type: "string" },
    minutes: { type: "string" },
    rate: { type: "string" },
    events: { type: "string" },
    help: { type: "boolean", default: false },
  },
});

if (flags.help) {
  const names = Object.keys(measurements).join("|");
  process.stdout.write(
    `bun run bench [--quick] [--only ${names}]… [--generator wrk|autocannon] [--minutes 10] [--rate 5000] ` +
      "[--events 10000000]\n",
  );
  process.exit(0);
}

const chosen = flags.only ?? Object.keys(measurements);
const unknown = chosen.find((name) => measurements[name] === undefined);
if (unknown !== undefined) throw new Error(`no measurement named ${unknown}`);

const options = benchOptions(flags);
const cores = cpus();
process.stdout.write(
  `${cores.length} cores (${cores[0]?.model ?? "unknown"}), load by ${options.generator}, ` +
    `${options.rounds} round(s) of ${options.seconds} s\n`,
);
for (const name of chosen) await measurements[name]?.(options);
