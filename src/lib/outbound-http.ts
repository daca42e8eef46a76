/**
 * The outbound client on node:http, which keeps header repeats, pins by `lookup` and, unlike fetch (256
 * requests at once in the process), does not let slow receivers hold up the others.
 */
import { type Clock, systemClock } from "./clock.ts";
import type { Outbound } from "./outbound.ts";
import { createAddressRules } from "./outbound-address.ts";
import { createAgents } from "./outbound-agents.ts";
import { createDeadlines } from "./outbound-deadlines.ts";
import { Exchange } from "./outbound-exchange.ts";
import { abortedFailure, failure } from "./outbound-failures.ts";
import { createPlaces } from "./outbound-place.ts";
import { createCheckedLookup, type Resolve, systemResolve } from "./outbound-resolve.ts";

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
  const { clock = systemClock, resolve = systemResolve, maxIdleConnections = MAX_IDLE_CONNECTIONS } = options;
  const rules = createAddressRules(options.allowedCidrs);
  const places = createPlaces(rules);
  const lookup = createCheckedLookup({ resolve, rules });
  const agents = createAgents({ lookup, clock, maxIdleConnections, ca: options.ca });
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
        new Exchange({ request, place, agents, deadlines, settle, now: clock.monotonic() }).start();
      });
    },
    close() {
      closed = true;
      deadlines.abortAll();
      agents.destroy();
    },
  };
}
