/** Reads the event logs of webhooks of a gateway elsewhere, to their end where a search is limited in time. */
import type { Row } from "./event-lines.ts";
import type { GatewayClient } from "./gateway-client.ts";
import { eventPageShape, type RemoteWebhook } from "./shapes.ts";

/** Most events of one page. */
export const MOST_EVENTS = 200;
/** Webhooks that are asked at the same time. */
const AT_ONCE = 50;

export type EventQuery = Readonly<Record<string, string | undefined>>;

/** The newest first. */
export type EventList = Readonly<{
  rows: readonly Row[];
  /** Older events match too. */
  hasMore: boolean;
  /** Events in which the text could not be looked for. */
  notSearched: number;
}>;

/** The newest events of one webhook that match: at least `limit`, or all. */
export function listEvents(
  client: GatewayClient,
  { webhook, query, limit }: { webhook: RemoteWebhook; query: EventQuery; limit: number },
): Promise<EventList> {
  return readOn(client, { webhook, query, pageSize: limit, isEnough: (_, rows) => rows.length >= limit });
}

/** The newest events of one webhook that match, down to the first page with an event that is known. */
export async function listDownToKnown(
  client: GatewayClient,
  {
    webhook,
    query,
    isKnown,
  }: { webhook: RemoteWebhook; query: EventQuery; isKnown: (id: string) => boolean },
): Promise<readonly Row[]> {
  // A page that is not full is the last one, or that of a search whose time was up: older events are known.
  const isEnough = (page: readonly Row[]) => page.length < MOST_EVENTS || page.some(({ id }) => isKnown(id));
  return (await readOn(client, { webhook, query, pageSize: MOST_EVENTS, isEnough })).rows;
}

/** Webhooks to ask at the same time for what matches: a gateway searches for few texts at a time. */
export function atOnceFor({ text }: EventQuery): number {
  return text === undefined ? AT_ONCE : 1;
}

/** Asks for each thing, for some at a time, and resolves with the answers in their order. */
export async function askForEach<Of, T>(
  things: readonly Of[],
  ask: (thing: Of) => Promise<T>,
  atOnce = AT_ONCE,
): Promise<readonly T[]> {
  const answers: T[] = [];
  for (let from = 0; from < things.length; from += atOnce) {
    answers.push(...(await Promise.all(things.slice(from, from + atOnce).map(ask))));
  }
  return answers;
}

type Reading = Readonly<{
  webhook: RemoteWebhook;
  query: EventQuery;
  pageSize: number;
  isEnough: (page: readonly Row[], rows: readonly Row[]) => boolean;
}>;

async function readOn(client: GatewayClient, of: Reading): Promise<EventList> {
  const { id, name } = of.webhook;
  const rows: Row[] = [];
  let notSearched = 0;
  let cursor: string | undefined;
  for (;;) {
    const query = { ...of.query, limit: of.pageSize, cursor };
    const answer = await client.ask({ path: `/webhooks/${id}/events`, query, schema: eventPageShape });
    const page = answer.data.map((event) => ({ ...event, webhook_id: id, webhook: name }));
    rows.push(...page);
    notSearched += answer.not_searched ?? 0;
    cursor = answer.next_cursor ?? undefined;
    if (cursor === undefined || of.isEnough(page, rows)) {
      return { rows, hasMore: cursor !== undefined, notSearched };
    }
  }
}
