/** Who sent a request: the peer, or what a trusted proxy says of it. */
import { createCidrList, parseAddress } from "../lib/cidr.ts";

/** The server, which knows the other end of a request's connection. */
export type Peer = Readonly<{ requestIP: (request: Request) => { address: string } | null }>;

/** "" where there is no connection, as in a request made inside the process. */
export type RemoteAddressReader = (request: Request, peer: Peer | null) => string;

/**
 * Walks X-Forwarded-For from the right and stops at the first address that is no trusted proxy: whatever stands
 * further left was written by the sender and proves nothing.
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
    const hops = forwardedFor.split(",").map((hop) => hop.trim());
    while (trusted.includes(address)) {
      const previous = hops.pop();
      if (previous === undefined || parseAddress(previous) === null) break;
      address = plainAddress(previous);
    }
    return address;
  };
}

/** A dual-stack socket shows IPv4 peers as ::ffff:192.0.2.1. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
