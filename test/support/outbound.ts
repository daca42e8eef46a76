/** The outbound client for tests: it may reach loopback, and resolves names as a test says. */
import { createOutboundClient } from "../../src/outbound/client.ts";
import type { Outbound, OutboundRequest, OutboundResult } from "../../src/outbound/outbound.ts";
import type { Resolve } from "../../src/outbound/resolve.ts";

/** Fails every request at once. */
export const unreachable: Outbound = {
  refusal: createOutboundClient({ allowedCidrs: ["127.0.0.0/8"] }).refusal,
  request: async () => ({ kind: "failed", code: "aborted", message: "tests reach nothing", retryable: true }),
  close: () => undefined,
};

export type TestOutbound = Outbound &
  Readonly<{
    /** Sends a POST with ordinary limits, unless the request says otherwise. */
    send: (request: Partial<OutboundRequest> & { url: string }) => Promise<OutboundResult>;
  }>;

export const neverAborted = new AbortController().signal;

/** Resolves every name to 127.0.0.1. */
export const resolveToLoopback: Resolve = async () => [{ address: "127.0.0.1", family: 4 }];

export function createTestOutbound(
  options: Partial<Parameters<typeof createOutboundClient>[0]> = {},
): TestOutbound {
  const client = createOutboundClient({
    allowedCidrs: ["127.0.0.0/8"],
    resolve: resolveToLoopback,
    ...options,
  });
  return {
    ...client,
    send: (request) =>
      client.request({
        method: "POST",
        headers: [],
        body: new TextEncoder().encode("body"),
        connectTimeoutMs: 10_000,
        timeoutMs: 30_000,
        maxResponseBytes: 64 * 1024,
        signal: neverAborted,
        ...request,
      }),
  };
}

/** Formats a result as one line: "200 text" or "code: message". */
export function inShort(result: OutboundResult): string {
  if (result.kind === "failed") return `${result.code}: ${result.message}`;
  return `${result.response.statusCode} ${new TextDecoder().decode(result.response.body)}`.trim();
}
