/** `webhooker replay`: delivers one event again, or many that match a filter. */

import { type Command, Option } from "commander";
import { formatCount } from "../../dashboard/components/format.ts";
import { wait } from "../../lib/clock.ts";
import { EVENT_FATES } from "../../storage/event-db/event-filter.ts";
import type { Io } from "../io.ts";
import { stayAlive } from "../stay-alive.ts";
import { findEvent, findTarget, findWebhook, listTargets } from "./find-objects.ts";
import { createGatewayClient, type GatewayClient } from "./gateway-client.ts";
import { findLogin } from "./login-file.ts";
import { readRange } from "./options.ts";
import { RemoteError } from "./remote-error.ts";
import { eventShape, replayCountShape, replayedShape, replayRunShape } from "./shapes.ts";

const ASK_EVERY_MS = 500;
const NOTHING_CHOSEN = "error: name an event, or a webhook with --webhook";
const CHOSEN_TWICE = "error: --since, --status and --type choose among events: leave them or the event out";
const MISSING_WHERE = "error: --only-missing needs a --target";

type Options = Readonly<{
  webhook?: string;
  target?: string;
  status?: string;
  type?: string;
  since?: string;
  onlyMissing?: true;
  dryRun?: true;
  wait?: true;
}>;

export function addReplayCommand(program: Command, io: Io): void {
  program
    .command("replay")
    .description("deliver events again")
    .argument("[event]", "the event's id; without it --webhook and a filter choose events")
    .option("--webhook <webhook>", "the webhook, by id or name")
    .option("--target <target>", "deliver to this target only, by id or name")
    .option("--since <time>", "events received since, such as 15m, 2h or 7d", readRange)
    .addOption(new Option("--status <status>", "events with a delivery in this state").choices(EVENT_FATES))
    .option("--type <type>", "events of this type")
    .option("--only-missing", "with --target: only events that it never got")
    .option("--dry-run", "only count what would be delivered")
    .option("--wait", "wait for the end; exit 1 if a delivery of the event fails")
    .action(async (eventId: string | undefined, options: Options) => {
      const { since, status, type, target, onlyMissing } = options;
      if (eventId !== undefined && (since ?? status ?? type) !== undefined)
        return program.error(CHOSEN_TWICE);
      if (onlyMissing === true && target === undefined) return program.error(MISSING_WHERE);
      const client = createGatewayClient(findLogin(io.clientEnvironment()));
      if (eventId !== undefined) return replayOne(client, io, { ...options, eventId });
      if (options.webhook === undefined) return program.error(NOTHING_CHOSEN);
      return replayMany(client, io, { ...options, webhook: options.webhook });
    });
}

async function replayOne(
  client: GatewayClient,
  io: Io,
  { eventId, webhook, target, onlyMissing, dryRun, wait }: Options & { eventId: string },
): Promise<void> {
  const { webhookId, event: before } = await findEvent(client, { eventId, webhook });
  const path = `/webhooks/${webhookId}/events/${eventId}`;
  const targetId = await targetIdOf(client, webhookId, target);
  const body = targetId === undefined ? {} : { target_id: targetId };
  if (onlyMissing === true && before.deliveries.some(({ target_id }) => target_id === targetId)) {
    return io.out("The target has got the event before: nothing is delivered.");
  }
  if (dryRun === true) {
    const count = targetId === undefined ? await countActiveTargets(client, webhookId) : 1;
    return io.out(`Would deliver the event to ${formatCount(count, "target")} again.`);
  }
  const { deliveries } = await client.ask({
    method: "POST",
    path: `${path}/replay`,
    body,
    schema: replayedShape,
  });
  io.out(`Delivers the event to ${formatCount(deliveries, "target")} again.`);
  if (wait !== true) return;
  const wasTried = new Map(before.deliveries.map(({ target_id, attempts }) => [target_id, attempts]));
  await stayAlive(() => waitForEnd(client, io, { path, targetId, wasTried }));
}

async function waitForEnd(
  client: GatewayClient,
  io: Io,
  of: { path: string; targetId: string | undefined; wasTried: ReadonlyMap<string, number> },
): Promise<void> {
  for (;;) {
    const { deliveries } = await client.ask({ path: of.path, schema: eventShape });
    const ours = deliveries.filter(({ target_id }) => of.targetId === undefined || target_id === of.targetId);
    const isUnderWay = ours.some(({ status }) => status === "pending");
    if (!isUnderWay) {
      const held = ours.filter(({ status }) => status === "held").length;
      if (held > 0) {
        throw new RemoteError({
          kind: "conflict",
          message: formatCount(
            held,
            "delivery is held: its target is paused.",
            "deliveries are held: their targets are paused.",
          ),
          hint: "Resume it, which sends what is held.",
        });
      }
      const failed = ours.filter(
        ({ target_id, status, attempts }) =>
          status === "failed" && (of.targetId !== undefined || attempts > (of.wasTried.get(target_id) ?? 0)),
      );
      for (const { reason } of failed) io.err(reason ?? "A delivery failed.");
      if (failed.length === 0) return io.out("Delivered.");
      throw new RemoteError({
        kind: "conflict",
        message: `${formatCount(failed.length, "delivery", "deliveries")} failed.`,
      });
    }
    await wait(io.clock, ASK_EVERY_MS);
  }
}

async function replayMany(
  client: GatewayClient,
  io: Io,
  options: Options & { webhook: string },
): Promise<void> {
  const { id: webhookId } = await findWebhook(client, options.webhook);
  const { status, type, since: range, onlyMissing, dryRun } = options;
  const targetId = await targetIdOf(client, webhookId, options.target);
  const body = {
    filter: { status, type, range },
    ...(targetId !== undefined && { target_id: targetId }),
    ...(onlyMissing === true && { only_missing: true }),
    ...(dryRun === true && { dry_run: true }),
  };
  const path = `/webhooks/${webhookId}/replays`;
  const call = { method: "POST", path, body } as const;
  if (dryRun === true) {
    const { events, deliveries, exact } = await client.ask({ ...call, schema: replayCountShape });
    const least = exact ? "" : "at least ";
    return io.out(
      `Would deliver ${least}${formatCount(events, "event")} again: ${formatCount(deliveries, "delivery", "deliveries")}.`,
    );
  }
  const { id } = await client.ask({ ...call, schema: replayRunShape });
  io.out(`Started the replay ${id}.`);
  if (options.wait === true) await stayAlive(() => waitForReplay(client, io, `${path}/${id}`));
}

async function waitForReplay(client: GatewayClient, io: Io, path: string): Promise<void> {
  for (;;) {
    const { state, replayed } = await client.ask({ path, schema: replayRunShape });
    if (state === "done")
      return io.out(`Done: ${formatCount(replayed, "delivery", "deliveries")} scheduled.`);
    if (state === "cancelled" || state === "paused") {
      throw new RemoteError({ kind: "conflict", message: `The replay is ${state}.` });
    }
    await wait(io.clock, ASK_EVERY_MS);
  }
}

/** Counts the targets that a replay of one event goes to if none is named. */
async function countActiveTargets(client: GatewayClient, webhookId: string): Promise<number> {
  return (await listTargets(client, webhookId)).filter(({ active }) => active).length;
}

async function targetIdOf(
  client: GatewayClient,
  webhookId: string,
  wanted: string | undefined,
): Promise<string | undefined> {
  return wanted === undefined ? undefined : (await findTarget(client, { webhookId, wanted })).id;
}
