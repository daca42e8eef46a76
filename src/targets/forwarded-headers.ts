/** Which of a received event's headers go on to a target, and which are ours to say. */

import { HEADER_NAME } from "../lib/header-token.ts";
import { REDACTED } from "../settings/sealed-config.ts";
import { isProxyHeader } from "./proxy-headers.ts";
import type { HeaderList } from "./target-type.ts";

/**
 * Never passed on. Hop-by-hop headers and framing belong to one connection (RFC 9110 7.6.1). Host is the target's own
 * name. Expect was answered when the event was received. Accept-Encoding would let the answer be compressed for a
 * reader that never sees it.
 */
const DROPPED = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "host",
  "content-length",
  "expect",
  "accept-encoding",
]);
const OWN_PREFIX = "x-webhooker-";

/** Framing, connection and routing are the client's: a configured header may replace any other. */
const NOT_CONFIGURABLE = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "expect",
]);

/** Bytes above ASCII are kept: they go on as they came. Anything that does not fit a byte cannot be sent. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

export function isHeaderName(name: string): boolean {
  return HEADER_NAME.test(name);
}

export function isHeaderValue(value: string): boolean {
  return HEADER_VALUE.test(value);
}

export function isConfigurableHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return !NOT_CONFIGURABLE.has(lower) && !lower.startsWith(OWN_PREFIX);
}

/** A name of this kind goes to no target, whatever its owner wishes. */
export function isNeverForwarded(name: string): boolean {
  const lower = name.toLowerCase();
  return DROPPED.has(lower) || lower.startsWith(OWN_PREFIX);
}

/** All names in lower case. */
export type Selection = Readonly<{
  /** Left out: said anew, or unwanted. */
  without: ReadonlySet<string>;
  /** Let through although proxies write them. */
  proxyHeaders: ReadonlySet<string>;
}>;

/** What nobody has settings for. */
const AS_RECEIVED: Selection = { without: new Set(), proxyHeaders: new Set() };

/**
 * The received end-to-end headers of the sender. Headers that cannot be sent are left out: one odd header must not
 * keep the event from arriving.
 */
export function endToEndHeaders(
  received: HeaderList,
  { without, proxyHeaders }: Selection = AS_RECEIVED,
): HeaderList[number][] {
  const named = namedByConnection(received);
  const kept: HeaderList[number][] = [];
  for (const header of received) {
    const [name, value] = header;
    const known = readName(name);
    if (known === null || without.has(known.lower) || named?.has(known.lower) === true) continue;
    if (known.isProxys && !proxyHeaders.has(known.lower)) continue;
    // A sender's secret, which was not stored, was meant for the gateway alone.
    if (value !== REDACTED && isHeaderValue(value)) kept.push(header);
  }
  return kept;
}

/** Null for one that never goes on. */
type KnownName = Readonly<{ lower: string; isProxys: boolean }> | null;

/** What is known of names: senders use the same few over and over. */
const knownNames = new Map<string, KnownName>();
const MOST_NAMES = 1_000;
const LONGEST_KNOWN = 64;

function readName(name: string): KnownName {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const isSendable = isHeaderName(name) && !isNeverForwarded(lower);
  const answer = isSendable ? { lower, isProxys: isProxyHeader(lower) } : null;
  if (name.length <= LONGEST_KNOWN) {
    if (knownNames.size >= MOST_NAMES) knownNames.clear();
    knownNames.set(name, answer);
  }
  return answer;
}

/** Headers that a Connection header declares to be hop-by-hop. */
function namedByConnection(received: HeaderList): ReadonlySet<string> | null {
  let named: Set<string> | null = null;
  for (const [name, value] of received) {
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    named ??= new Set();
    for (const token of value.split(",")) named.add(token.trim().toLowerCase());
  }
  // A sender must not be able to strip what the receiver needs to read the body.
  named?.delete("content-type");
  return named;
}
