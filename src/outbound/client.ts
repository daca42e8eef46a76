/**
 * The outbound client, on Bun's sockets: a request costs less than a third of node:http's and node:https's processor
 * time (31 against 100 µs, with TLS 17 against 57, measured in turn). It keeps header repeats and case, connects only to
 * checked addresses and, unlike fetch (256 requests at once in the process, and requests repeated unasked), lets no slow
 * receiver hold up the others.
 */
import { type Clock, systemClock } from "../lib/clock.ts";
import { createAddressRules } from "./address.ts";
import { createDeadlines } from "./deadlines.ts";
import { Exchange } from "./exchange.ts";
import { abortedFailure, failure } from "./failures.ts";
import { createPlaces } from "./origin.ts";
import type { Outbound } from "./outbound.ts";
import { createCheckedResolve, type Resolve } from "./resolve.ts";
import { Sockets } from "./sockets.ts";
import { createSystemResolve } from "./system-resolve.ts";

const MAX_IDLE_CONNECTIONS = 256;

export function createOutboundClient(options: {
  /** Networks that may be reached though they are not public; see outbound-address.ts. */
  allowedCidrs: readonly string[];
  resolve?: Resolve;
  clock?: Clock;
  /** PEM; replaces the built-in certificate authorities. */
  ca?: string;
  /** Kept-alive connections over all hosts; each costs a file descriptor. */
  maxIdleConnections?: number;
}): Outbound {
  const { clock = systemClock, resolve = createSystemResolve() } = options;
  const maxIdleConnections = Math.min(
    MAX_IDLE_CONNECTIONS,
    options.maxIdleConnections ?? MAX_IDLE_CONNECTIONS,
  );
  const rules = createAddressRules(options.allowedCidrs);
  const places = createPlaces(rules);
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
    request(request) {
      if (closed || request.signal.aborted) return Promise.resolve(abortedFailure());
      // CONNECT would make the receiver a tunnel to somewhere unchecked.
      if (request.method === "CONNECT") {
        return Promise.resolve(failure("invalid_request", "CONNECT requests are not sent", false));
      }
      const place = places(request.url);
      if (place.kind === "failed") return Promise.resolve(place);
      return new Promise((settle) => {
        new Exchange({ request, place, deadlines, sockets, settle, now: clock.monotonic() }).start();
      });
    },
    close() {
      closed = true;
      deadlines.abortAll();
      sockets.closeAll();
    },
  };
}
