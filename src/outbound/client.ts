/**
 * The outbound HTTP client, built on Bun's sockets. A request costs less than a third of the CPU time of node:http and
 * node:https (31 µs against 100; with TLS 17 against 57, measured in turn). The client preserves the repetition and
 * case of headers and connects only to checked addresses. fetch was no option: it runs 256 requests at a time in the
 * whole process, so one slow receiver holds up the others, and it repeats requests unasked.
 */
import { type Clock, systemClock } from "../lib/clock.ts";
import { createAddressRules } from "./address.ts";
import { createDeadlines } from "./deadlines.ts";
import { Exchange } from "./exchange.ts";
import { abortedFailure, failure } from "./failures.ts";
import { createOrigins } from "./origin.ts";
import type { Outbound } from "./outbound.ts";
import { createCheckedResolve, type Resolve } from "./resolve.ts";
import { Sockets } from "./sockets.ts";
import { createSystemResolve } from "./system-resolve.ts";

const MAX_IDLE_CONNECTIONS = 256;
/** Resolved to loopback everywhere (RFC 6761). */
const LOCALHOST = /^(?:.+\.)?localhost\.?$/i;

export function createOutboundClient(options: {
  /** Networks that may be reached although they are not public; see address.ts. */
  allowedCidrs: readonly string[];
  resolve?: Resolve;
  clock?: Clock;
  /** PEM; replaces the built-in certificate authorities. */
  ca?: string;
  /** Maximum number of kept-alive connections over all hosts; each costs a file descriptor. */
  maxIdleConnections?: number;
}): Outbound {
  const { clock = systemClock, resolve = createSystemResolve() } = options;
  const maxIdleConnections = Math.min(
    MAX_IDLE_CONNECTIONS,
    options.maxIdleConnections ?? MAX_IDLE_CONNECTIONS,
  );
  const rules = createAddressRules(options.allowedCidrs);
  const origins = createOrigins(rules);
  const resolveChecked = createCheckedResolve({ resolve, rules, clock });
  const sockets = new Sockets({
    clock,
    resolve: resolveChecked,
    maxIdle: maxIdleConnections,
    ca: options.ca,
  });
  const deadlines = createDeadlines(clock);
  let closed = false;
  return {
    refusal(url) {
      const origin = origins(url);
      if (origin.kind === "failed") return origin.message;
      if (!LOCALHOST.test(origin.host)) return null;
      return rules.refusal("::1") && rules.refusal("127.0.0.1");
    },
    request(request) {
      if (closed || request.signal.aborted) return Promise.resolve(abortedFailure());
      // A receiver that accepts CONNECT becomes a tunnel to an unchecked address.
      if (request.method === "CONNECT") {
        return Promise.resolve(failure("invalid_request", "CONNECT requests are not sent", false));
      }
      const origin = origins(request.url);
      if (origin.kind === "failed") return Promise.resolve(origin);
      return new Promise((settle) => {
        new Exchange({ request, origin, deadlines, sockets, settle, now: clock.monotonic() }).start();
      });
    },
    close() {
      closed = true;
      deadlines.abortAll();
      sockets.closeAll();
    },
  };
}
