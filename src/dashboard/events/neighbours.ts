/** Finds the events next to one among those that a filter lets through. */
import type { EventFilter } from "../../storage/event-db/event-filter.ts";
import type { EventReads } from "./deps.ts";

export type Neighbours = Readonly<{ newerId: string | null; olderId: string | null }>;

type Search = Readonly<{
  events: Pick<EventReads, "searchEvents">;
  webhookId: string;
  event: Readonly<{ id: string; receivedAt: number }>;
  filter: EventFilter;
  now: number;
  /** Whose search it is. */
  asker: string;
}>;

const PAGE = 50;
/** Of each search: the event itself is what the page is for. */
const SEARCH_MS = 200;
const FIRST_STEP_MS = 1_000;
const STEP_GROWTH = 8;
/** Enough to go from a second to a century and back to a millisecond. */
const MAX_STEPS = 60;

export async function findNeighbours(search: Search): Promise<Neighbours> {
  const [newerId, olderId] = await Promise.all([findNewer(search), findOlder(search)]);
  return { newerId, olderId };
}

async function findOlder({ events, webhookId, event, filter, asker }: Search): Promise<string | null> {
  const found = await events.searchEvents(webhookId, {
    limit: 1,
    cursor: event.id,
    filter,
    limitMs: SEARCH_MS,
    asker,
  });
  return found.events[0]?.id ?? null;
}

/**
 * A search goes from new to old, so it is asked for ever longer times after the event, until one holds any,
 * and then for parts of that, until one page holds all. Null also where a search gave up.
 */
async function findNewer(search: Search): Promise<string | null> {
  const { events, webhookId, event, filter, now, asker } = search;
  const end = Math.max(filter.to ?? now, event.receivedAt);
  let low = event.receivedAt;
  let width = FIRST_STEP_MS;
  let high = Math.min(low + width, end);
  /** There are some up to here. */
  let filled: number | null = null;
  for (let step = 0; step < MAX_STEPS; step++) {
    const found = await events.searchEvents(webhookId, {
      limit: PAGE,
      cursor: null,
      limitMs: SEARCH_MS,
      asker,
      filter: { ...filter, from: Math.max(low, filter.from ?? low), to: high },
    });
    if (found.stoppedEarly) return null;
    const newer = found.events.filter(({ id }) => id > event.id);
    const isWhole = found.nextCursor === null || newer.length < found.events.length || high <= low;
    if (newer.length > 0 && isWhole) return newer.at(-1)?.id ?? null;
    if (newer.length > 0) {
      filled = high;
      high = low + Math.floor((high - low) / 2);
      continue;
    }
    if (high >= end) return null;
    low = high + 1;
    width *= STEP_GROWTH;
    high = filled === null ? Math.min(low + width, end) : low + Math.floor((filled - low) / 2);
  }
  return null;
}
