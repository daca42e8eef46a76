/** Where a request goes: the URL taken apart, refused where nobody may be asked about its address. */
import { isIP } from "node:net";
import type { AddressRules } from "./address.ts";
import { failure, hostAndPort } from "./failures.ts";
import type { OutboundFailure } from "./outbound.ts";
import { MAX_CALLED, parseOutboundUrl } from "./url.ts";

export type Place = Readonly<{
  kind: "place";
  secure: boolean;
  /** A name or an address, without brackets. */
  host: string;
  port: number;
  /** Path and query. */
  path: string;
  /** Value of the Host header. */
  authority: string;
  /** "host:port", for messages. */
  label: string;
  /** What TLS asks for and verifies; "" for an address, which SNI cannot carry. */
  servername: string;
}>;

/** Parsing a URL and judging an address take a tenth of a request's time, and most URLs come again. */
const REMEMBERED = 1000;
/** Longer ones carry a sender's query more often than not, and would cost memory for nothing. */
const MAX_REMEMBERED_LENGTH = 1024;

export function createPlaces(rules: AddressRules): (url: string) => Place | OutboundFailure {
  const known = new Map<string, Place | OutboundFailure>();
  return (url) => {
    const before = known.get(url);
    if (before !== undefined) return before;
    const place = placeOf(url, rules);
    if (url.length > MAX_REMEMBERED_LENGTH) return place;
    if (known.size >= REMEMBERED) known.clear();
    known.set(url, place);
    return place;
  };
}

function placeOf(url: string, rules: AddressRules): Place | OutboundFailure {
  const parsed = parseOutboundUrl(url, MAX_CALLED);
  if (typeof parsed === "string") return failure("invalid_url", `the URL ${parsed}`, false);
  const secure = parsed.protocol === "https:";
  const host = parsed.hostname.startsWith("[") ? parsed.hostname.slice(1, -1) : parsed.hostname;
  const port = parsed.port === "" ? (secure ? 443 : 80) : Number(parsed.port);
  const isAddress = isIP(host) !== 0;
  // Sockets never look up an address, so this is where it is checked.
  const refusal = isAddress ? rules.refusal(host) : null;
  // Another attempt can help: the operator may list the address meanwhile, and the delivery should not be lost to it.
  if (refusal !== null) return failure("forbidden_address", refusal);
  return {
    kind: "place",
    secure,
    host,
    port,
    path: parsed.pathname + parsed.search,
    authority: parsed.host,
    label: hostAndPort(host, port),
    servername: isAddress ? "" : host,
  };
}
