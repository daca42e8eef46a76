/** Determines a request's remote address: the peer's, or the one a trusted proxy reports. */
import { createCidrList, parseAddress } from "../lib/cidr.ts";

/** The server, which knows the remote end of a request's connection. */
export type Peer = Readonly<{ requestIP: (request: Request) => { address: string } | null }>;

/**
 * Returns "" if there is no connection, as for a request made inside the process, or if a trusted proxy reports no
 * readable address. "" is in no list of networks.
 */
export type RemoteAddressReader = (request: Request, peer: Peer | null) => string;

/**
 * Walks X-Forwarded-For from the right and stops at the first address that is not a trusted proxy: everything further
 * left was written by the sender and proves nothing. An element that is not an address ends the walk with "", because
 * otherwise the proxy's own address would count as the sender's.
 */
export function createRemoteAddressReader(trustedProxies: readonly string[]): RemoteAddressReader {
  const peerAddress: RemoteAddressReader = (request, peer) =>
    plainAddress(peer?.requestIP(request)?.address ?? "");
  if (trustedProxies.length === 0) return peerAddress;

  const trusted = createCidrList(trustedProxies);
  return (request, peer) => {
    let address = peerAddress(request, peer);
    const forwardedFor = request.headers.get("x-forwarded-for");
    if (forwardedFor === null) return address;
    let end = forwardedFor.length;
    while (end >= 0 && trusted.includes(address)) {
      const comma = end === 0 ? -1 : forwardedFor.lastIndexOf(",", end - 1);
      address = forwardedAddress(forwardedFor.slice(comma + 1, end));
      end = comma;
    }
    return address;
  };
}

/** Unmaps IPv4 addresses, which a dual-stack socket shows as ::ffff:192.0.2.1. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** Longer than any address with a zone, brackets, quotes and a port. */
const LONGEST_ELEMENT = 120;
/** Matches "[2001:db8::1]:443"; the port is optional. */
const BRACKETED = /^\[([^\]]+)\](?::\d{1,5})?$/;
/** Matches "192.0.2.1:51234". IPv6 has more colons, and no port without brackets. */
const WITH_PORT = /^([^:]+):\d{1,5}$/;

/**
 * Returns the address in one element of X-Forwarded-For in its shortest form; "" for anything else, such as "unknown"
 * or "_hidden". Azure adds a port to IPv4; others write IPv6 in brackets, with or without a port.
 */
function forwardedAddress(element: string): string {
  const text = unquoted(element.trim());
  if (text.length > LONGEST_ELEMENT) return "";
  const bare = BRACKETED.exec(text)?.[1] ?? WITH_PORT.exec(text)?.[1] ?? text;
  // A zone names an interface of the machine that wrote it, and means nothing here.
  const [withoutZone = ""] = bare.split("%", 1);
  return parseAddress(withoutZone)?.toString() ?? "";
}

function unquoted(text: string): string {
  return text.length > 1 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}
