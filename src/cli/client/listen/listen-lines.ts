/** Writes what came of a delivery as one line, for people or for programs. */
import { formatDuration } from "../../../dashboard/components/format.ts";
import { printable } from "../../printable.ts";
import { timeOfDay } from "../outage.ts";
import type { Made } from "./listener.ts";
import type { Answer } from "./pulled.ts";

export function isSuccess(answer: Answer): boolean {
  return "status_code" in answer && answer.status_code >= 200 && answer.status_code < 300;
}

/** `now` is wall-clock time. */
export function lineOf({ delivery, answer, durationMs }: Made, now: number): string {
  const { method, path, query, type, attempt, event_id } = delivery;
  const request = `${method} ${path === "" ? "/" : path}${query === "" ? "" : `?${query}`}`;
  const parts = [
    timeOfDay(now),
    textOf(answer),
    formatDuration(durationMs).padStart(7),
    request,
    ...(type === null ? [] : [type]),
    event_id,
    ...(attempt === 1 ? [] : [`attempt ${attempt}`]),
  ];
  return printable(parts.join("  "));
}

function textOf(answer: Answer): string {
  if ("status_code" in answer) return String(answer.status_code);
  return "error" in answer ? answer.error : "let go";
}

/** NDJSON. */
export function recordOf({ delivery, answer, durationMs }: Made): string {
  const { event_id, attempt, received_at, type, method, path, query } = delivery;
  return JSON.stringify({
    event_id,
    attempt,
    received_at,
    type,
    method,
    path,
    query,
    status_code: "status_code" in answer ? answer.status_code : null,
    error: "error" in answer ? answer.error : null,
    duration_ms: Math.round(durationMs),
  });
}
