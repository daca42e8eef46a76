/** Finds what people name on the command line, by its id or by a name that only one has. */
import { isId } from "../../lib/ids.ts";
import type { GatewayClient } from "./gateway-client.ts";
import { askForEach } from "./list-events.ts";
import { RemoteError } from "./remote-error.ts";
import {
  entrypointShape,
  eventShape,
  pageOf,
  type RemoteEntrypoint,
  type RemoteEvent,
  type RemoteTarget,
  type RemoteWebhook,
  targetShape,
  webhookShape,
} from "./shapes.ts";

const PAGE = 200;
/** Names that a hint lists. */
const MOST_NAMED = 10;

type Named = Readonly<{ id: string; name: string }>;

export async function listWebhooks(client: GatewayClient): Promise<readonly RemoteWebhook[]> {
  const all: RemoteWebhook[] = [];
  let cursor: string | undefined;
  do {
    const query = { limit: PAGE, cursor };
    const page = await client.ask({ path: "/webhooks", query, schema: pageOf(webhookShape) });
    all.push(...page.data);
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

/** Rejects with RemoteError: not_found, or conflict for a name that several have. */
export async function findWebhook(client: GatewayClient, wanted: string): Promise<RemoteWebhook> {
  if (wanted.startsWith("ext:")) {
    return client.ask({ path: `/webhooks/${encodeURIComponent(wanted)}`, schema: webhookShape });
  }
  if (isId(wanted)) return client.ask({ path: `/webhooks/${wanted}`, schema: webhookShape });
  return pick("webhook", await listWebhooks(client), wanted);
}

export async function listTargets(
  client: GatewayClient,
  webhookId: string,
): Promise<readonly RemoteTarget[]> {
  return (await client.ask({ path: `/webhooks/${webhookId}/targets`, schema: pageOf(targetShape) })).data;
}

export async function findTarget(
  client: GatewayClient,
  of: { webhookId: string; wanted: string },
): Promise<RemoteTarget> {
  return pick("target", await listTargets(client, of.webhookId), of.wanted);
}

/** The target of one of these webhooks. */
export async function findTargetAmong(
  client: GatewayClient,
  of: { webhooks: readonly RemoteWebhook[]; wanted: string },
): Promise<RemoteTarget> {
  const lists = await askForEach(of.webhooks, ({ id }) => listTargets(client, id));
  return pick("target", lists.flat(), of.wanted);
}

/** `wanted`: its id, its name, or WEBHOOK/NAME. Names may have slashes of their own. */
export async function findEntrypoint(client: GatewayClient, wanted: string): Promise<RemoteEntrypoint> {
  const [before = "", ...rest] = wanted.split("/");
  if (rest.length > 0 && (before.startsWith("ext:") || isId(before))) {
    const webhook = await findWebhook(client, before);
    return pick("entrypoint", await listEntrypoints(client, [webhook]), rest.join("/"));
  }
  const webhooks = await listWebhooks(client);
  const within: RemoteEntrypoint[] = [];
  for (const webhook of webhooks.filter(({ name }) => wanted.startsWith(`${name}/`))) {
    const end = wanted.slice(webhook.name.length + 1);
    const all = await listEntrypoints(client, [webhook]);
    within.push(...all.filter(({ id, name }) => id === end || name === end));
  }
  if (within.length === 0) return pick("entrypoint", await listEntrypoints(client, webhooks), wanted);
  return pick(
    "entrypoint",
    within.map((each) => ({ ...each, name: wanted })),
    wanted,
  );
}

async function listEntrypoints(
  client: GatewayClient,
  webhooks: readonly RemoteWebhook[],
): Promise<readonly RemoteEntrypoint[]> {
  const lists = await askForEach(webhooks, async ({ id }) => {
    const page = await client.ask({ path: `/webhooks/${id}/entrypoints`, schema: pageOf(entrypointShape) });
    return page.data;
  });
  return lists.flat();
}

export type FoundEvent = Readonly<{ webhookId: string; event: RemoteEvent }>;

/** Looks into the named webhook, or into all of them. */
export async function findEvent(
  client: GatewayClient,
  { eventId, webhook }: { eventId: string; webhook: string | undefined },
): Promise<FoundEvent> {
  const webhooks = webhook === undefined ? await listWebhooks(client) : [await findWebhook(client, webhook)];
  for (const { id: webhookId } of isId(eventId) ? webhooks : []) {
    try {
      const path = `/webhooks/${webhookId}/events/${eventId}`;
      return { webhookId, event: await client.ask({ path, schema: eventShape }) };
    } catch (error) {
      if (!(error instanceof RemoteError) || error.kind !== "not_found") throw error;
    }
  }
  throw new RemoteError({
    kind: "not_found",
    message: "No such event.",
    hint: "List events with: webhooker events.",
  });
}

function pick<T extends Named>(what: string, all: readonly T[], wanted: string): T {
  const byId = all.find(({ id }) => id === wanted);
  if (byId) return byId;
  const named = all.filter(({ name }) => name === wanted);
  const [only] = named;
  if (only && named.length === 1) return only;
  if (named.length > 1) {
    const ids = named.slice(0, MOST_NAMED).map(({ id }) => id);
    throw new RemoteError({
      kind: "conflict",
      message: `${named.length} ${what}s have the name ${wanted}.`,
      hint: `Use an id: ${ids.join(", ")}.`,
    });
  }
  const names = all.slice(0, MOST_NAMED).map(({ name }) => name);
  throw new RemoteError({
    kind: "not_found",
    message: `No such ${what}: ${wanted}.`,
    hint:
      names.length === 0
        ? `There are no ${what}s.`
        : `There are: ${names.join(", ")}${all.length > MOST_NAMED ? ", …" : ""}.`,
  });
}
