/** Which of a received event's headers go on to a target, and which are ours to say. */
import type { HeaderList } from "./target-type.ts";

/**
 * Not passed on. Hop-by-hop headers and framing belong to one connection (RFC 9110 7.6.1). Host is the
 * target's own name. Expect was answered when the event was received. Accept-Encoding would let the answer be
 * compressed for a reader that never sees it. The forwarding headers were written by, or are only
 * trustworthy through, the proxy before this gateway.
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
  "forwarded",
  "x-real-ip",
]);
const DROPPED_PREFIXES = ["x-forwarded-", "x-webhooker-"];

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

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
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
  return !NOT_CONFIGURABLE.has(lower) && !lower.startsWith("x-webhooker-");
}

/**
 * The received end-to-end headers without those that `replaced` (lower-case names) says anew. Headers that
 * cannot be sent are left out: one odd header must not keep the event from arriving.
 */
export function endToEndHeaders(received: HeaderList, replaced: ReadonlySet<string>): HeaderList[number][] {
  const named = namedByConnection(received);
  const kept: HeaderList[number][] = [];
  for (const header of received) {
    const [name, value] = header;
    const lower = passable(name);
    if (lower === null || replaced.has(lower) || named?.has(lower) === true) continue;
    if (isHeaderValue(value)) kept.push(header);
  }
  return kept;
}

/** What is known of names: senders use the same few over and over. */
const passableNames = new Map<string, string | null>();
const MOST_NAMES = 1_000;
const LONGEST_KNOWN = 64;

/** The name in lower case; null for one that never goes on. */
function passable(name: string): string | null {
  const known = passableNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const isDropped = DROPPED.has(lower) || DROPPED_PREFIXES.some((prefix) => lower.startsWith(prefix));
  const answer = isDropped || !isHeaderName(name) ? null : lower;
  if (name.length <= LONGEST_KNOWN) {
    if (passableNames.size >= MOST_NAMES) passableNames.clear();
    passableNames.set(name, answer);
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
