/** The slack target: posts a readable message to a Slack-compatible incoming webhook. */
import { z } from "zod";
import type { Clock } from "../lib/clock.ts";
import type { Outbound, OutboundResponse } from "../outbound/outbound.ts";
import { REDACTED } from "../settings/sealed-config.ts";
import { targetUrl } from "./outbound-target-url.ts";
import { retryAfterMs } from "./retry-after.ts";
import { noticeMessage, slackMessage } from "./slack-message.ts";
import { faultInReply, reasonInReply } from "./slack-reply.ts";
import type { RequestParts, TargetRequest, TargetType } from "./target-type.ts";

const MAX_RESPONSE_BYTES = 64 * 1024;
const CONNECT_TIMEOUT_MS = 10_000;

const configSchema = z.strictObject({ url: targetUrl });

export function createSlackTarget(deps: {
  outbound: Outbound;
  clock: Clock;
}): TargetType<z.infer<typeof configSchema>> {
  return {
    type: "slack",
    label: "Slack",
    description: "Posts a readable summary of each event to a Slack-compatible incoming webhook.",
    configSchema,
    fields: [
      {
        name: "url",
        label: "Incoming webhook URL",
        kind: "password",
        required: true,
        // Anyone with this URL can post to the channel.
        secret: true,
        placeholder: "https://hooks.slack.com/services/…",
      },
    ],
    settlesAtIngest: false,
    summarize: ({ url }) => new URL(url).host,
    refusal: ({ url }) => deps.outbound.refusal(url),
    previewRequest: (parts) => ({
      ...requestFor(parts),
      url: `${new URL(parts.config.url).origin}/${REDACTED}`,
    }),
    async deliver({ timeoutMs, signal, ...parts }) {
      const result = await deps.outbound.request({
        ...requestFor(parts),
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        timeoutMs,
        maxResponseBytes: MAX_RESPONSE_BYTES,
        signal,
      });
      if (result.kind === "failed") {
        return { kind: "failed", retryable: result.retryable, error: result.message, response: null };
      }
      const { response } = result;
      const { statusCode, headers } = response;
      const fault = faultOf(response);
      if (fault === null) return { kind: "delivered", response };
      const wait = retryAfterMs({ statusCode, headers, now: deps.clock.now() });
      return {
        kind: "failed",
        retryable: true,
        error: fault,
        response,
        ...(wait === null ? {} : { retryAfterMs: wait }),
      };
    },
  };
}

function requestFor(parts: RequestParts<z.infer<typeof configSchema>>): TargetRequest {
  const { event, notice, webhook, config } = parts;
  const message = notice ? noticeMessage(notice) : slackMessage({ event, webhookName: webhook.name });
  return {
    method: "POST",
    url: config.url,
    headers: [
      ["Content-Type", "application/json; charset=utf-8"],
      ["X-Webhooker-Event-Id", event.id],
    ],
    body: new TextEncoder().encode(JSON.stringify(message)),
  };
}

function faultOf({ statusCode, body }: OutboundResponse): string | null {
  if (statusCode >= 200 && statusCode < 300) {
    const fault = faultInReply(body);
    return fault === null ? null : `HTTP ${statusCode}, but the message was refused: ${fault}`;
  }
  if (statusCode >= 300 && statusCode < 400) return `HTTP ${statusCode}: redirects are not followed`;
  const reason = reasonInReply(body);
  return reason === null ? `HTTP ${statusCode}` : `HTTP ${statusCode}: ${reason}`;
}
