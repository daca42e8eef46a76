/** Finds the events before and after one among those that match a filter. */
import type { EventFilter } from "../../storage/event-db/event-filter.ts";
import type { EventReads } from "./deps.ts";

export type Neighbours = Readonly<{ newerId: string | null; olderId: string | null }>;

type Search = Readonly<{
  events: Pick<EventReads, "searchEvents">;
  webhookId: string;
  event: Readonly<{ id: string; receivedAt: number }>;
  filter: EventFilter;
  now: number;
  /** Id of the user whose search it is. */
  asker: string;
}>;

const PAGE = 50;
/** Time limit of each search, because the event itself is the point of the page. */
const SEARCH_MS = 200;
const FIRST_STEP_MS = 1_000;
const STEP_GROWTH = 8;
/** Enough steps to grow from a second to a century and to halve back to a millisecond. */
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
 * Finds the next newer event. Searches run from new to old, so this searches ever longer periods after the event until
 * one contains any, and then parts of that period until one page holds all. Returns null also if a search gave up.
 */
async function findNewer(search: Search): Promise<string | null> {
  const { events, webhookId, event, filter, now, asker } = search;
  const end = Math.max(filter.to ?? now, event.receivedAt);
  let low = event.receivedAt;
  let width = FIRST_STEP_MS;
  let high = Math.min(low + width, end);
  /** End of a period that contains newer events. */
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
