/** Decides which received headers are forwarded to a target, and which ones the gateway sets itself. */

import { HEADER_NAME } from "../lib/header-token.ts";
import { HOP_BY_HOP } from "../outbound/hop-by-hop.ts";
import { REDACTED } from "../settings/sealed-config.ts";
import { isProxyHeader } from "./proxy-headers.ts";
import type { HeaderList } from "./target-type.ts";

/**
 * Never forwarded. Framing belongs to one connection too. Host is the target's own name. Accept-Encoding would let the target
 * compress a response that the sender never sees.
 */
const DROPPED = new Set([...HOP_BY_HOP, "host", "content-length", "accept-encoding"]);
const OWN_PREFIX = "x-webhooker-";

/** The client sets framing, connection and routing itself; a configured header may replace any other. */
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

/** Bytes above ASCII are forwarded as received; characters that do not fit a byte cannot be sent. */
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

/** Returns true for headers that are forwarded to no target, whatever its settings. */
export function isNeverForwarded(name: string): boolean {
  const lower = name.toLowerCase();
  return DROPPED.has(lower) || lower.startsWith(OWN_PREFIX);
}

/** Header names in lower case. */
export type Selection = Readonly<{
  /** Names left out because the gateway sets them or the owner does not want them. */
  without: ReadonlySet<string>;
  /** Names forwarded although proxies set them. */
  proxyHeaders: ReadonlySet<string>;
}>;

/** Selection without any settings. */
const AS_RECEIVED: Selection = { without: new Set(), proxyHeaders: new Set() };

/**
 * Returns the sender's end-to-end headers. Headers that cannot be sent are left out: one odd header must not keep the
 * event from arriving.
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
    if (known.isFromProxy && !proxyHeaders.has(known.lower)) continue;
    // A masked secret of the sender was meant for the gateway alone.
    if (value !== REDACTED && isHeaderValue(value)) kept.push(header);
  }
  return kept;
}

/** Null for a header that is never forwarded. */
type KnownName = Readonly<{ lower: string; isFromProxy: boolean }> | null;

/** Caches the classification of names, because senders reuse the same few. */
const knownNames = new Map<string, KnownName>();
const MOST_NAMES = 1_000;
const LONGEST_KNOWN = 64;

function readName(name: string): KnownName {
  const known = knownNames.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const isSendable = isHeaderName(name) && !isNeverForwarded(lower);
  const classified = isSendable ? { lower, isFromProxy: isProxyHeader(lower) } : null;
  if (name.length <= LONGEST_KNOWN) {
    if (knownNames.size >= MOST_NAMES) knownNames.clear();
    knownNames.set(name, classified);
  }
  return classified;
}

/** Returns the headers that a Connection header declares hop-by-hop. */
function namedByConnection(received: HeaderList): ReadonlySet<string> | null {
  let named: Set<string> | null = null;
  for (const [name, value] of received) {
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    named ??= new Set();
    for (const token of value.split(",")) named.add(token.trim().toLowerCase());
  }
  // A sender must not be able to remove the header that the receiver needs to read the body.
  named?.delete("content-type");
  return named;
}
