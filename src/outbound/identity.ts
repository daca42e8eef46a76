/**
 * TLS identity: which authorities are trusted, which certificate the gateway presents, and which connection pool
 * follows.
 */
import { createHash } from "node:crypto";
import { checkServerIdentity } from "node:tls";
import type { Origin } from "./origin.ts";
import type { OutboundTls } from "./outbound.ts";

/** One key for each combination of authorities and client certificate, computed once for each object. */
const identities = new WeakMap<OutboundTls, string>();

/** Names the pool of an origin. Connections to it are shared only by requests with the same identity. */
export function poolOf({ secure, label }: Origin, tls: OutboundTls | undefined): string {
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

/**
 * Returns null for plain HTTP. `ca` is PEM and replaces the built-in authorities if the request names none of its own.
 */
export function tlsOptions(
  { secure, servername }: Origin,
  tls: OutboundTls | undefined,
  ca: string | undefined,
): Bun.TLSOptions | null {
  if (!secure) return null;
  return {
    ...(ca !== undefined && { ca }),
    ...tls,
    // "" sends no name, as SNI carries no addresses; if the field were left out, the runtime would send the address.
    serverName: servername,
    // Verified even if NODE_TLS_REJECT_UNAUTHORIZED says otherwise.
    rejectUnauthorized: true,
  };
}

/**
 * Returns why the certificate is not that of the origin; null if it is. The runtime has checked it already; this is the
 * second check.
 */
export function wrongIdentity({ host }: Origin, socket: Bun.Socket<unknown>): Error | null {
  if (!socket.authorized)
    return socket.getAuthorizationError() ?? new Error("the certificate is not authorized");
  return checkServerIdentity(host, socket.getPeerCertificate()) ?? null;
}
