/** The log target: one structured line per event. */
import { z } from "zod";
import { errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import type { TargetType } from "./target-type.ts";

/** Limit on the logged body, which keeps a line readable and the log small whatever a sender posts. */
const MAX_LOGGED_BYTES = 4096;

const configSchema = z.strictObject({});

export function createLogTarget({ log }: { log: Logger }): TargetType<z.infer<typeof configSchema>> {
  return {
    type: "log",
    label: "Log",
    description: "Writes one line per event to the log, with its facts and, if it is short text, its body.",
    configSchema,
    fields: [],
    settlesAtIngest: false,
    summarize: () => "this server's log",
    async deliver({ event, webhook, target, attempt }) {
      try {
        log.info("event", {
          event_id: event.id,
          webhook_id: webhook.id,
          webhook: webhook.name,
          target_id: target.id,
          target: target.name,
          attempt,
          method: event.method,
          content_type: event.contentType,
          size: event.body.byteLength,
          received_at: new Date(event.receivedAt).toISOString(),
          ...readableBody(event.body),
        });
      } catch (error) {
        const message = `The log could not be written: ${errorMessage(error)}`;
        return { kind: "failed", retryable: true, error: message, response: null };
      }
      return { kind: "delivered", response: null };
    },
  };
}

/** Returns the body as text if it is UTF-8; a long one is cut between two characters. */
function readableBody(body: Uint8Array): { body?: string; body_truncated?: true } {
  if (body.byteLength === 0) return {};
  const truncated = body.byteLength > MAX_LOGGED_BYTES;
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(body.subarray(0, MAX_LOGGED_BYTES), {
      // A character split by the cut is left out instead of being an error.
      stream: truncated,
    });
    return truncated ? { body: text, body_truncated: true } : { body: text };
  } catch {
    return {};
  }
}
