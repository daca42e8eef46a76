/** `webhooker events` and `webhooker event`: the event log of a gateway elsewhere. */
import { type Command, Option } from "commander";
import { formatCount } from "../../dashboard/components/format.ts";
import { EVENT_FATES } from "../../storage/event-db/event-filter.ts";
import type { Io } from "../io.ts";
import { stayAlive } from "../stay-alive.ts";
import { eventTable, eventText, type Row } from "./event-lines.ts";
import { findEvent, findTargetAmong, findWebhook, listTargets, listWebhooks } from "./find-objects.ts";
import { followEvents } from "./follow-events.ts";
import { createGatewayClient, type GatewayClient } from "./gateway-client.ts";
import {
  askForEach,
  atOnceFor,
  type EventQuery,
  listDownToKnown,
  listEvents,
  MOST_EVENTS,
} from "./list-events.ts";
import { findLogin } from "./login-file.ts";
import { readNumber, readRange } from "./options.ts";
import type { RemoteWebhook } from "./shapes.ts";

type ListOptions = Readonly<{
  status?: string;
  type?: string;
  since?: string;
  text?: string;
  target?: string;
  limit: number;
  follow?: true;
  json?: true;
}>;

export function addEventCommands(program: Command, io: Io): void {
  program
    .command("events")
    .description("list the events of a webhook, or of all")
    .argument("[webhook]", "the webhook's id or name")
    .option("--follow", "keep listing events as they come")
    .addOption(new Option("--status <status>", "with a delivery in this state").choices(EVENT_FATES))
    .option("--type <type>", "of this type")
    .option("--since <time>", "received since, such as 15m, 2h or 7d", readRange)
    .option("--text <text>", "with this text in path, query, headers or body")
    .option("--target <target>", "with a delivery to this target, by id or name")
    .option("--limit <number>", "most events to list", readNumber({ least: 1, most: MOST_EVENTS }), 50)
    .option("--json", "NDJSON on a terminal too")
    .action(async (name: string | undefined, options: ListOptions) => {
      const client = createGatewayClient(findLogin(io.clientEnvironment()));
      const { webhooks, query } = await choose(client, name, options);
      const print = printerOf(io, { isJson: options.json === true, withWebhook: name === undefined });
      const ask = async (webhook: RemoteWebhook) => ({
        webhook,
        first: await listEvents(client, { webhook, query, limit: options.limit }),
      });
      const atOnce = atOnceFor(query);
      const followed = await askForEach(webhooks, ask, atOnce);
      const events = newestFirst(followed.flatMap(({ first }) => first.rows)).slice(0, options.limit);
      const notSearched = followed.reduce((sum, { first }) => sum + first.notSearched, 0);
      print(options.follow === true ? events.reverse() : events);
      if (notSearched > 0) io.err(`${formatCount(notSearched, "event")} could not be searched for the text.`);
      if (options.follow !== true) return;
      await stayAlive(() =>
        followEvents({
          followed,
          atOnce,
          print,
          clock: io.clock,
          tell: io.err,
          list: (webhook, isKnown) => listDownToKnown(client, { webhook, query, isKnown }),
        }),
      );
    });

  program
    .command("event")
    .description("print an event and its deliveries")
    .argument("<id>", "the event's id")
    .option("--webhook <webhook>", "the webhook that has it, by id or name")
    .option("--body", "print only the bytes of its body")
    .option("--json", "JSON on a terminal too")
    .action(async (eventId: string, options: { webhook?: string; body?: true; json?: true }) => {
      const client = createGatewayClient(findLogin(io.clientEnvironment()));
      const { webhookId, event } = await findEvent(client, { eventId, webhook: options.webhook });
      if (options.body === true) return io.outBytes(Buffer.from(event.body_base64, "base64"));
      if (!io.isTerminal || options.json === true) return io.out(JSON.stringify(event));
      const targets = await listTargets(client, webhookId);
      for (const line of eventText(event, new Map(targets.map(({ id, name }) => [id, name])))) io.out(line);
    });
}

async function choose(
  client: GatewayClient,
  name: string | undefined,
  { status, type, since: range, text, target: wanted }: ListOptions,
): Promise<Readonly<{ webhooks: readonly RemoteWebhook[]; query: EventQuery }>> {
  const webhooks = name === undefined ? await listWebhooks(client) : [await findWebhook(client, name)];
  const query = { status, type, range, text };
  if (wanted === undefined) return { webhooks, query };
  const target = await findTargetAmong(client, { webhooks, wanted });
  return {
    webhooks: webhooks.filter(({ id }) => id === target.webhook_id),
    query: { ...query, target_id: target.id },
  };
}

function newestFirst(rows: readonly Row[]): Row[] {
  return [...rows].sort((a, b) => (a.id < b.id ? 1 : -1));
}

function printerOf(
  io: Io,
  { isJson, withWebhook }: { isJson: boolean; withWebhook: boolean },
): (rows: readonly Row[]) => void {
  if (isJson || !io.isTerminal) {
    return (rows) => {
      for (const row of rows) io.out(JSON.stringify(row));
    };
  }
  let first: readonly Row[] | null = null;
  return (rows) => {
    if (first === null && rows.length === 0) io.err("No events.");
    if (rows.length === 0) return;
    // The first rows set the widths of the columns for all that follow.
    const lines = eventTable([...(first ?? []), ...rows], withWebhook);
    for (const line of lines.slice(first === null ? 0 : first.length + 1)) io.out(line);
    first ??= rows;
  };
}
