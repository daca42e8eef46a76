/** Wraps every request outside the framework's hooks: Host check, request id, security headers, log. */
import { Elysia } from "elysia";
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import type { ClusterGate, GateServer } from "./cluster/gate.ts";
import type { ErrorAnswers } from "./errors.ts";
import { hasWellFormedHost } from "./host-guard.ts";
import { requestIdOf } from "./request-id.ts";
import { logRequest } from "./request-log.ts";
import { isIngestUrl } from "./request-url.ts";
import { addSecurityHeaders } from "./security-headers.ts";

type EdgeOptions = Readonly<{
  log: Logger;
  clock: Clock;
  errors: ErrorAnswers;
  /** BASE_URL. */
  baseUrl: string;
  /** Also logs ingestion requests, at debug level. This slows ingestion down, so enable it only with that level. */
  logIngestion: boolean;
  /** Given in a cluster only. */
  gate?: ClusterGate | undefined;
}>;

/**
 * A wrapper instead of hooks: hooks make the framework build a larger context for every request including ingestion,
 * miss routes registered before them, and do not see the final response.
 */
export function edge(options: EdgeOptions) {
  const { gate } = options;
  let peer: GateServer | null = null;
  return new Elysia({ name: "edge" })
    .onStart(({ server }) => {
      peer = server;
    })
    .wrap((next, request) => {
      if (!hasWellFormedHost(request)) return () => surround(options, request, refuseHost);
      const isIngestion = isIngestUrl(request.url);
      if (!options.logIngestion && isIngestion) return next;
      if (gate === undefined || isIngestion) return () => surround(options, request, next);
      return () => surround(options, request, (asked) => gate.pass(asked, next, peer));
    });
}

async function surround(
  options: EdgeOptions,
  request: Request,
  next: (request: Request) => unknown,
): Promise<unknown> {
  const { url } = request;
  const startedAt = options.clock.monotonic();
  const response = await answer(options, request, next);
  if (!(response instanceof Response)) return response;
  // An answer of the cluster's leader has the id that its log knows.
  if (!response.headers.has("x-request-id")) response.headers.set("x-request-id", requestIdOf(request));
  addSecurityHeaders(response.headers, request, options);
  const durationMs = options.clock.monotonic() - startedAt;
  const eventId = response.headers.get("x-webhooker-event-id");
  logRequest({ log: options.log, request, url, status: response.status, durationMs, eventId });
  return response;
}

async function answer(
  options: EdgeOptions,
  request: Request,
  next: (request: Request) => unknown,
): Promise<unknown> {
  try {
    return await next(request);
  } catch (error) {
    return options.errors.answer(error, request);
  }
}

function refuseHost(): never {
  throw new AppError({
    kind: "malformed",
    code: "malformed_host",
    message: "The Host header must be a host name with an optional port.",
  });
}
