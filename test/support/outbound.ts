/** A client for tests that may reach loopback, with names that a table resolves. */

import { createOutboundClient } from "../../src/outbound/client.ts";
import type { Outbound, OutboundRequest, OutboundResult } from "../../src/outbound/outbound.ts";
import type { Resolve } from "../../src/outbound/resolve.ts";

export type TestOutbound = Outbound &
  Readonly<{
    /** A POST with ordinary limits; what is given replaces them. */
    send: (request: Partial<OutboundRequest> & { url: string }) => Promise<OutboundResult>;
  }>;

export const neverAborted = new AbortController().signal;

/** Every name is 127.0.0.1. */
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

/** A result in one line: "200 text" or "code: message". */
export function inShort(result: OutboundResult): string {
  if (result.kind === "failed") return `${result.code}: ${result.message}`;
  return `${result.response.statusCode} ${new TextDecoder().decode(result.response.body)}`.trim();
}
