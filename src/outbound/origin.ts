/** Parses a URL into the origin and path of a request, and refuses URLs whose address is forbidden. */
import { isIP } from "node:net";
import type { AddressRules } from "./address.ts";
import { failure, hostAndPort } from "./failures.ts";
import type { OutboundFailure } from "./outbound.ts";
import { MAX_CALLED, parseOutboundUrl } from "./url.ts";

export type Origin = Readonly<{
  kind: "origin";
  secure: boolean;
  /** Host name or address, without brackets. */
  host: string;
  port: number;
  /** Path and query. */
  path: string;
  /** Value of the Host header. */
  authority: string;
  /** "host:port", for messages. */
  label: string;
  /** Name that TLS requests and verifies; "" for an address, which SNI cannot carry. */
  servername: string;
}>;

/**
 * Number of URLs to cache: parsing a URL and judging its address take a tenth of a request's time, and most URLs recur.
 */
const REMEMBERED = 1000;
/** Maximum length of a cached URL. Longer ones mostly carry a sender's query, so they rarely recur. */
const MAX_REMEMBERED_LENGTH = 1024;

export function createOrigins(rules: AddressRules): (url: string) => Origin | OutboundFailure {
  const known = new Map<string, Origin | OutboundFailure>();
  return (url) => {
    const before = known.get(url);
    if (before !== undefined) return before;
    const origin = originOf(url, rules);
    if (url.length > MAX_REMEMBERED_LENGTH) return origin;
    if (known.size >= REMEMBERED) known.clear();
    known.set(url, origin);
    return origin;
  };
}

function originOf(url: string, rules: AddressRules): Origin | OutboundFailure {
  const parsed = parseOutboundUrl(url, MAX_CALLED);
  if (typeof parsed === "string") return failure("invalid_url", `the URL ${parsed}`, false);
  const secure = parsed.protocol === "https:";
  const host = parsed.hostname.startsWith("[") ? parsed.hostname.slice(1, -1) : parsed.hostname;
  const port = parsed.port === "" ? (secure ? 443 : 80) : Number(parsed.port);
  const isAddress = isIP(host) !== 0;
  // Sockets never resolve a literal address, so it is checked here.
  const refusal = isAddress ? rules.refusal(host) : null;
  // Retryable, so that the delivery is not lost: the operator may allow the address meanwhile.
  if (refusal !== null) return failure("forbidden_address", refusal);
  return {
    kind: "origin",
    secure,
    host,
    port,
    path: parsed.pathname + parsed.search,
    authority: parsed.host,
    label: hostAndPort(host, port),
    servername: isAddress ? "" : host,
  };
}
