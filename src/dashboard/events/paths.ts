/** URLs of the event pages; `query` is a filter that is passed on from page to page. */
import { logPath } from "../webhooks/paths.ts";

export function livePath(webhookId: string, query: string): string {
  return `${logPath(webhookId)}/live${query}`;
}

export function histogramPath(webhookId: string, query: string): string {
  return `${logPath(webhookId)}/histogram${query}`;
}

/** Where filters of the log are saved. */
export function filtersPath(webhookId: string): string {
  return `/source/${webhookId}/filters`;
}

export function eventPath(webhookId: string, eventId: string, query = ""): string {
  return `/source/${webhookId}/events/${eventId}${query}`;
}

/** The event's page with one of its many deliveries in full. */
export function deliveryPath(of: {
  webhookId: string;
  eventId: string;
  targetId: string;
  query: string;
}): string {
  const { webhookId, eventId, targetId, query } = of;
  return `${eventPath(webhookId, eventId, query)}${query === "" ? "?" : "&"}delivery=${targetId}#deliveries`;
}

export function replayPath(webhookId: string, eventId: string, query: string): string {
  return `${eventPath(webhookId, eventId)}/replay${query}`;
}

export function bodyPath(webhookId: string, eventId: string): string {
  return `${eventPath(webhookId, eventId)}/body`;
}

/** The page of a value's path in the body. */
export function placePath(webhookId: string, eventId: string): string {
  return `${eventPath(webhookId, eventId)}/value`;
}

/** The page that compares events; without any, the action of a form with two. */
export function comparePath(webhookId: string, eventIds: readonly string[] = []): string {
  const query = new URLSearchParams(eventIds.map((id): [string, string] => ["event", id])).toString();
  return `/source/${webhookId}/compare${query === "" ? "" : `?${query}`}`;
}

/** The event as code that sends it to the gateway, or with `resultId` what that attempt sent to its target. */
export function copyPath(of: { webhookId: string; eventId: string; as: string; resultId?: string }): string {
  const { webhookId, eventId, as, resultId } = of;
  const query = new URLSearchParams({ as, ...(resultId !== undefined && { result: resultId }) });
  return `${eventPath(webhookId, eventId)}/copy?${query}`;
}

/** The page of what an attempt sent. */
export function sentPath(of: { webhookId: string; eventId: string; resultId: string }): string {
  return `${eventPath(of.webhookId, of.eventId)}/results/${of.resultId}/sent`;
}

export function resultBodyPath(of: { webhookId: string; eventId: string; resultId: string }): string {
  return `${eventPath(of.webhookId, of.eventId)}/results/${of.resultId}/body`;
}
