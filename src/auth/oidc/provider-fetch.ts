/** Carries the OpenID Connect library's requests by the gateway's own client, with its rules for addresses. */
import type { CustomFetch } from "openid-client";
import type { Outbound } from "../../outbound/outbound.ts";

/** Each request of a sign-in must end within this time. */
const TIMEOUT_MS = 5_000;
/** Documents of providers have 2 to 20 KB. */
const MAX_RESPONSE_BYTES = 128 * 1024;
/** Statuses whose responses have no body, which the Response class insists on. */
const BODILESS = new Set([204, 205, 304]);

/** The provider did not answer, or not within the limits. */
export class ProviderUnreachable extends Error {
  override readonly name = "ProviderUnreachable";
}

export function createProviderFetch(deps: {
  outbound: Pick<Outbound, "request">;
  /** Aborted when the gateway stops. */
  stopping: AbortSignal;
}): CustomFetch {
  return async (url, { method, headers, body }) => {
    const result = await deps.outbound.request({
      url,
      method,
      // The client does not decompress.
      headers: [...Object.entries(headers), ["accept-encoding", "identity"]],
      body: new TextEncoder().encode(body?.toString() ?? ""),
      connectTimeoutMs: TIMEOUT_MS,
      timeoutMs: TIMEOUT_MS,
      maxResponseBytes: MAX_RESPONSE_BYTES,
      signal: deps.stopping,
    });
    if (result.kind === "failed") throw new ProviderUnreachable(result.message);
    const { statusCode, headers: received, body: bytes, bodyTruncated } = result.response;
    if (bodyTruncated)
      throw new ProviderUnreachable(`the response has more than ${MAX_RESPONSE_BYTES} bytes`);
    if (statusCode >= 500) throw new ProviderUnreachable(`the provider responded with ${statusCode}`);
    return new Response(BODILESS.has(statusCode) ? null : new Uint8Array(bytes), {
      status: statusCode,
      headers: received.map(([name, value]) => [name, value]),
    });
  };
}
