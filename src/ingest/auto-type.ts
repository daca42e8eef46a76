/** Finds the type of an event whose entrypoint names no place for it, by what most senders have in common. */
import { type BodyHead, utf8Of } from "../bodies/body-content.ts";
import { isFormType } from "../bodies/form-values.ts";
import { findLeadingText, type RankedNames, rankNames } from "../bodies/leading-text.ts";
import type { EventDraft } from "../storage/event-db/types.ts";
import { headOf, LONGEST_VALUE, type Message, textAt, usableText } from "../verification/request-place.ts";

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

const RANKED_FIELDS = rankNames(TYPE_FIELDS);
const CLOUD_EVENT_FIELD = rankNames(["type"]);

const CLOUD_EVENT_TYPE = "application/cloudevents+json";

type HeaderPairs = EventDraft["headers"];

/**
 * The provider of the verification has been asked before. `pairs` are the message's headers, names in lower case.
 * Null where nothing names a type.
 */
export function autoTypeOf(message: Message, pairs: HeaderPairs): string | null {
  const head = headOf(message.headers);
  const isCloudEvent = head.contentType.toLowerCase().startsWith(CLOUD_EVENT_TYPE);
  const type = isCloudEvent ? typeInJson(message, { head, names: CLOUD_EVENT_FIELD }) : null;
  return type ?? typeInHeaders(pairs) ?? typeInBody(message, head);
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

function typeInBody(message: Message, head: BodyHead): string | null {
  if (message.body.byteLength === 0) return null;
  if (!isFormType(head.contentType)) return typeInJson(message, { head, names: RANKED_FIELDS });
  for (const field of TYPE_FIELDS) {
    const type = usableText(textAt(message, field));
    if (type !== null) return type;
  }
  return null;
}

function typeInJson(
  { body }: Message,
  { head, names }: Readonly<{ head: BodyHead; names: RankedNames }>,
): string | null {
  const json = utf8Of(body, head);
  return json && findLeadingText(json, { names, longest: LONGEST_VALUE });
}
