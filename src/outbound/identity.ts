/** What TLS is done with: which authorities are believed, who the gateway says it is, and which pool follows from that. */
import { createHash } from "node:crypto";
import { checkServerIdentity } from "node:tls";
import type { Place } from "./origin.ts";
import type { OutboundTls } from "./outbound.ts";

/** One text for each combination of authorities and client certificate; computed once for each object. */
const identities = new WeakMap<OutboundTls, string>();

/** Names the pool: connections to one place are shared only by requests of the same identity. */
export function poolOf({ secure, label }: Place, tls: OutboundTls | undefined): string {
  if (!secure) return label;
  if (tls === undefined) return `tls ${label}`;
  let identity = identities.get(tls);
  if (identity === undefined) {
    const parts = JSON.stringify([tls.ca, tls.cert, tls.key]);
    identity = createHash("sha256").update(parts).digest("base64url");
    identities.set(tls, identity);
  }
  return `tls ${label} ${identity}`;
}

/** Null for plain http. `ca` is PEM; it replaces the built-in authorities where the request names none of its own. */
export function tlsOptions(
  { secure, servername }: Place,
  tls: OutboundTls | undefined,
  ca: string | undefined,
): Bun.TLSOptions | null {
  if (!secure) return null;
  return {
    ...(ca !== undefined && { ca }),
    ...tls,
    // "" asks for no name, as SNI carries no addresses; left out, the runtime would name the address.
    serverName: servername,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
  };
}

/** Why the certificate is not that of the place; null where it is. The runtime has looked at it already: two locks. */
export function wrongIdentity({ host }: Place, socket: Bun.Socket<unknown>): Error | null {
  if (!socket.authorized)
    return socket.getAuthorizationError() ?? new Error("the certificate is not authorized");
  return checkServerIdentity(host, socket.getPeerCertificate()) ?? null;
}
