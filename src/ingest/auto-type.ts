/** Finds the type of an event whose entrypoint names no place for it, by what most senders have in common. */
import type { EventDraft } from "../storage/event-db/types.ts";
import { type Message, textAt, usableText } from "../verification/request-place.ts";

/**
 * Larger bodies are not read for a type that nobody asked for: 256 KiB of hostile JSON take about 2 ms of the event
 * loop, 1 MiB up to 15.
 */
export const MAX_AUTO_TYPE_BYTES = 256 * 1024;

/** Headers that name an event's type and nothing else; the first of the list that a request has counts. */
export const TYPE_HEADERS: readonly string[] = [
  "ce-type",
  "x-github-event",
  "x-gitlab-event",
  "x-gitea-event",
  "x-gogs-event",
  "x-shopify-topic",
  "x-wc-webhook-topic",
  "x-event-key",
  "x-buildkite-event",
  "circleci-event-type",
  "linear-event",
  "sentry-hook-resource",
  "x-webhook-topic",
  "x-webhook-event",
  "webhook-type",
  "webhook-event",
  "x-event-type",
  "x-event-name",
  "event-type",
];

const RANKS: ReadonlyMap<string, number> = new Map(TYPE_HEADERS.map((name, rank) => [name, rank]));

/** Names at the top of a body, in order of precedence. */
export const TYPE_FIELDS: readonly string[] = ["type", "event_type", "event", "topic", "action"];

const CLOUD_EVENT_TYPE = "application/cloudevents+json";

type HeaderPairs = EventDraft["headers"];

/**
 * The provider of the verification has been asked before. `pairs` are the message's headers, names in lower case.
 * Null where nothing names a type.
 */
export function autoTypeOf(message: Message, pairs: HeaderPairs): string | null {
  const { body, headers } = message;
  const mayRead = body.byteLength > 0 && body.byteLength <= MAX_AUTO_TYPE_BYTES;
  if (mayRead && isCloudEvent(headers)) {
    const type = usableText(textAt(message, "type"));
    if (type !== null) return type;
  }
  return typeInHeaders(pairs) ?? (mayRead ? typeInBody(message) : null);
}

function isCloudEvent(headers: Headers): boolean {
  return headers.get("content-type")?.toLowerCase().startsWith(CLOUD_EVENT_TYPE) === true;
}

function typeInHeaders(pairs: HeaderPairs): string | null {
  let found: string | null = null;
  let best = TYPE_HEADERS.length;
  for (const [name, value] of pairs) {
    const rank = RANKS.get(name);
    if (rank === undefined || rank >= best || usableText(value) === null) continue;
    best = rank;
    found = value;
  }
  return found;
}

function typeInBody(message: Message): string | null {
  for (const field of TYPE_FIELDS) {
    const type = usableText(textAt(message, field));
    if (type !== null) return type;
  }
  return null;
}
