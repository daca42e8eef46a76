/** Logs one line per request: at info for people and programs, at debug for health checks, scrapes and ingestion. */
import type { Logger } from "../observability/log.ts";
import { isHealthPath } from "./health.ts";
import { METRICS_PATH } from "./metrics-route.ts";
import { requestIdOf } from "./request-id.ts";
import { isIngestUrl, pathOf } from "./request-url.ts";

/** The query is not logged, because it may contain secrets. */
export function logRequest(options: {
  log: Logger;
  request: Request;
  /** Read when the request arrived, because Bun may drop it after the response. */
  url: string;
  status: number;
  durationMs: number;
  /** Id of the stored event, if the request was a sender's. */
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
