/** `webhooker listen`: delivers a webhook's events to a service on this machine. */

import type { Command } from "commander";
import { formatCount } from "../../../dashboard/components/format.ts";
import { wait } from "../../../lib/clock.ts";
import { createOutboundClient } from "../../../outbound/client.ts";
import type { Io } from "../../io.ts";
import { printable } from "../../printable.ts";
import { stayAlive } from "../../stay-alive.ts";
import { findWebhook } from "../find-objects.ts";
import { createGatewayClient, type GatewayClient } from "../gateway-client.ts";
import { findLogin } from "../login-file.ts";
import { readJsonText, readList, readNumber, readRange, readWebUrl } from "../options.ts";
import { createOutage } from "../outage.ts";
import { RemoteError } from "../remote-error.ts";
import { replayRunShape, targetShape } from "../shapes.ts";
import { isSuccess, lineOf, recordOf } from "./listen-lines.ts";
import { prepareTarget } from "./listen-target.ts";
import { Listener } from "./listener.ts";
import { createLocalService } from "./local-service.ts";
import { pulledShape } from "./pulled.ts";

/** This machine's own user names the address, so any is allowed. */
const EVERY_ADDRESS = ["0.0.0.0/0", "::/0"];
const ASK_EVERY_MS = 300;
const NOT_TOGETHER =
  "error: --since delivers stored events whatever the filter: leave --filter out, and name --types without *";

type Options = Readonly<{
  to: string;
  since?: string;
  types?: readonly string[];
  filter?: unknown;
  name?: string;
  target?: string;
  concurrency: number;
  once?: true;
  json?: true;
}>;

export function addListenCommand(program: Command, io: Io): void {
  program
    .command("listen")
    .description("send events to a service on this machine")
    .argument("<webhook>", "the webhook's id or name")
    .requiredOption("--to <url>", "the service, such as http://localhost:3000", readWebUrl)
    .option("--since <time>", "deliver stored events too, received since, such as 2h", readRange)
    .option("--types <types>", "only events of these types, separated by commas", readList)
    .option("--filter <json>", "only events that pass this filter", readJsonText)
    .option("--name <name>", "name of the target (default: after this machine); created if missing")
    .option("--target <target>", "an existing pull target, by id or name")
    .option("--concurrency <number>", "deliveries at once", readNumber({ least: 1, most: 64 }), 16)
    .option("--once", "deliver what is due, disable the target again, and exit 1 if a delivery failed")
    .option("--json", "NDJSON on a terminal too")
    .action((webhook: string, options: Options) => {
      const isReplayable = options.filter === undefined && !options.types?.some((type) => type.includes("*"));
      if (options.since !== undefined && !isReplayable) return program.error(NOT_TOGETHER);
      return stayAlive(() => listen(io, webhook, options));
    });
}

async function listen(io: Io, wanted: string, options: Options): Promise<void> {
  const client = createGatewayClient(findLogin(io.clientEnvironment()));
  const webhook = await findWebhook(client, wanted);
  const { target, isNew, note } = await prepareTarget(client, {
    webhookId: webhook.id,
    target: options.target,
    name: options.name,
    eventTypes: options.types,
    filter: options.filter,
  });
  const path = `/webhooks/${webhook.id}/targets/${target.id}`;
  if (note !== null) io.err(note);
  if (options.since !== undefined) await replaySince(client, io, { path, range: options.since, options });
  io.err(`Delivers events of ${printable(webhook.name)} to ${options.to}. Press Ctrl-C to stop.`);

  const counts = { made: 0, failed: 0 };
  const outbound = createOutboundClient({ allowedCidrs: EVERY_ADDRESS, clock: io.clock });
  const print = options.json === true || !io.isTerminal ? recordOf : lineOf;
  const listener = new Listener({
    pull: (body, { signal, timeoutMs }) =>
      client.ask({ method: "POST", path: `${path}/pull`, body, signal, timeoutMs, schema: pulledShape }),
    make: createLocalService({ outbound, to: options.to }),
    onMade(made) {
      counts.made++;
      if (!isSuccess(made.answer)) counts.failed++;
      io.out(print(made, io.clock.now()));
    },
    onLate: (count) =>
      io.err(`${formatCount(count, "answer")} came too late, and will be given again when the gateway asks.`),
    onPaused: (isPaused) =>
      io.err(isPaused ? "The target is paused: its deliveries are held." : "The target is resumed."),
    outage: createOutage({ tell: io.err, clock: io.clock }),
    clock: io.clock,
    concurrency: options.concurrency,
    once: options.once === true,
  });
  const ignoreSignals = onSignals(() => {
    io.err("Stopping: finishes what is under way. Press Ctrl-C again to let go of it.");
    listener.stop();
  });
  try {
    await listener.run();
  } finally {
    ignoreSignals();
    outbound.close();
  }
  if (options.once === true && isNew) await disable(client, path);
  io.err(`${formatCount(counts.made, "delivery", "deliveries")}, ${counts.failed} failed.`);
  if (options.once === true && counts.failed > 0) {
    const message = `${formatCount(counts.failed, "delivery", "deliveries")} failed.`;
    throw new RemoteError({ kind: "conflict", message });
  }
}

/**
 * Makes stored events due that the target never got: of each type, as a replay asks no filter. With `once`, waits until
 * all of them are due.
 */
async function replaySince(
  client: GatewayClient,
  io: Io,
  { path, range, options }: { path: string; range: string; options: Options },
): Promise<void> {
  const [, , webhookId = "", , targetId = ""] = path.split("/");
  const replays = `/webhooks/${webhookId}/replays`;
  io.err(`Delivers the events of the last ${range} that the target has not got.`);
  for (const type of options.types ?? [undefined]) {
    const body = { filter: { range, type }, target_id: targetId, only_missing: true };
    let run = await client.ask({ method: "POST", path: replays, body, schema: replayRunShape });
    while (options.once === true && (run.state === "counting" || run.state === "running")) {
      await wait(io.clock, ASK_EVERY_MS);
      run = await client.ask({ path: `${replays}/${run.id}`, schema: replayRunShape });
    }
  }
}

async function disable(client: GatewayClient, path: string): Promise<void> {
  await client.ask({ method: "PATCH", path, body: { active: false }, schema: targetShape });
}

/** Calls `stop` at each signal; the returned function ends that. */
function onSignals(stop: () => void): () => void {
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
}
