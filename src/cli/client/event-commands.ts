/** `webhooker events` and `webhooker event`: the event log of a gateway elsewhere. */
import { type Command, Option } from "commander";
import { EVENT_FATES } from "../../storage/event-db/event-filter.ts";
import type { Io } from "../io.ts";
import { stayAlive } from "../stay-alive.ts";
import { eventTable, eventText, type Row } from "./event-lines.ts";
import { findEvent, findTarget, findWebhook, listTargets, listWebhooks } from "./find-objects.ts";
import { followEvents } from "./follow-events.ts";
import { createGatewayClient, type GatewayClient } from "./gateway-client.ts";
import { findLogin } from "./login-file.ts";
import { readNumber, readRange } from "./options.ts";
import { eventSummaryShape, pageOf, type RemoteWebhook } from "./shapes.ts";

const MOST_EVENTS = 200;
/** Webhooks whose events are listed together. */
const MOST_WEBHOOKS = 50;

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

export type EventQuery = Readonly<Record<string, string | number | undefined>>;

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
    .option("--target <target>", "with a delivery to this target of the webhook, by id or name")
    .option("--limit <number>", "most events to list", readNumber({ least: 1, most: MOST_EVENTS }), 50)
    .option("--json", "NDJSON on a terminal too")
    .action(async (name: string | undefined, options: ListOptions) => {
      const client = createGatewayClient(findLogin(io.clientEnvironment()));
      const webhooks = await chooseWebhooks(client, name);
      const query = await queryOf(client, webhooks, options);
      const print = printerOf(io, { isJson: options.json === true, withWebhook: name === undefined });
      const events = await listAll(client, webhooks, query);
      if (options.follow !== true) return print(events.slice(0, options.limit));
      print(events.slice(0, options.limit).reverse());
      await stayAlive(() =>
        followEvents({
          webhooks,
          print,
          clock: io.clock,
          tell: io.err,
          after: events[0]?.id ?? "",
          list: (webhook) => listOne(client, webhook, { ...query, limit: MOST_EVENTS }),
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

async function chooseWebhooks(
  client: GatewayClient,
  name: string | undefined,
): Promise<readonly RemoteWebhook[]> {
  if (name !== undefined) return [await findWebhook(client, name)];
  return (await listWebhooks(client)).slice(0, MOST_WEBHOOKS);
}

async function queryOf(
  client: GatewayClient,
  [webhook]: readonly RemoteWebhook[],
  { status, type, since: range, text, target, limit }: ListOptions,
): Promise<EventQuery> {
  const query = { status, type, range, text, limit };
  if (target === undefined || webhook === undefined) return query;
  const { id } = await findTarget(client, { webhookId: webhook.id, wanted: target });
  return { ...query, target_id: id };
}

/** Newest first. */
async function listAll(
  client: GatewayClient,
  webhooks: readonly RemoteWebhook[],
  query: EventQuery,
): Promise<readonly Row[]> {
  const lists = await Promise.all(webhooks.map((webhook) => listOne(client, webhook, query)));
  return lists.flat().sort((a, b) => (a.id < b.id ? 1 : -1));
}

async function listOne(
  client: GatewayClient,
  { id, name }: RemoteWebhook,
  query: EventQuery,
): Promise<readonly Row[]> {
  const path = `/webhooks/${id}/events`;
  const { data } = await client.ask({ path, query, schema: pageOf(eventSummaryShape) });
  return data.map((event) => ({ ...event, webhook_id: id, webhook: name }));
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
