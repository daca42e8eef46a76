/** One line per request: at info for people and programs, at debug for health checks, scrapes and ingestion. */
import type { Logger } from "../observability/log.ts";
import { isHealthPath } from "./health.ts";
import { METRICS_PATH } from "./metrics-route.ts";
import { requestIdOf } from "./request-id.ts";
import { isIngestUrl, pathOf } from "./request-url.ts";

/** The query stays out of the log: it may hold what only the two ends should see. */
export function logRequest(options: {
  log: Logger;
  request: Request;
  /** Taken when the request came in: Bun may drop it once the request is answered. */
  url: string;
  status: number;
  durationMs: number;
  /** What the request was stored as, if it was a sender's. */
  eventId: string | null;
}): void {
  const { log, request, url, status, durationMs, eventId } = options;
  const path = pathOf(url);
  const isRoutine = isHealthPath(path) || (path === METRICS_PATH && status === 200);
  const level = isIngestUrl(url) || isRoutine ? "debug" : "info";
  log[level]("request", {
    request_id: requestIdOf(request),
    method: request.method,
    path,
    status,
    duration_ms: Math.round(durationMs * 10) / 10,
    ...(eventId !== null && { event_id: eventId }),
  });
}
