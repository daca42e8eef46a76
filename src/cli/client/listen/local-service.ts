/** Sends pulled deliveries to the service on this machine, as the gateway would: the same bytes and headers, in order. */
import type { Outbound } from "../../../outbound/outbound.ts";
import { requestUrl } from "../../../targets/request-url.ts";
import type { Answer, PulledDelivery } from "./pulled.ts";

/** As much as the gateway keeps of a response. */
const MOST_RESPONSE_BYTES = 64 * 1024;
const MOST_HEADERS = 100;
const LONGEST_VALUE = 8_192;
/** Cookies are for the browser at this machine, and not for the gateway's records. */
const DROPPED = new Set(["set-cookie"]);
/** Share of the lease that the service may take: its answer has to reach the gateway in time too. */
const OF_LEASE = 0.9;

export type LocalService = (delivery: PulledDelivery, signal: AbortSignal) => Promise<Answer>;

export function createLocalService({ outbound, to }: { outbound: Outbound; to: string }): LocalService {
  return async ({ method, path, query, headers, body_base64, lease_ms }, signal) => {
    const timeoutMs = lease_ms * OF_LEASE;
    const result = await outbound.request({
      url: requestUrl(to, { path, query }),
      method,
      headers,
      body: Buffer.from(body_base64, "base64"),
      connectTimeoutMs: timeoutMs,
      timeoutMs,
      maxResponseBytes: MOST_RESPONSE_BYTES,
      signal,
    });
    if (result.kind === "failed") {
      return result.code === "aborted" ? { released: true } : { error: result.message };
    }
    const { response } = result;
    return {
      status_code: response.statusCode,
      headers: response.headers.filter(isKept).slice(0, MOST_HEADERS),
      body_base64: Buffer.from(response.body).toString("base64"),
      body_truncated: response.bodyTruncated,
    };
  };
}

function isKept([name, value]: readonly [string, string]): boolean {
  return value.length <= LONGEST_VALUE && name.length <= 256 && !DROPPED.has(name.toLowerCase());
}
