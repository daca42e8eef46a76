/** Sends a test event to an entrypoint, as the page that sends events does. */
import type { SendOwnEvent } from "../../../ingest/own-events.ts";
import type { Clock } from "../../../lib/clock.ts";
import type { WebhookUseCases } from "../../../webhooks/use-cases.ts";
import { TEST_SENDER } from "../../../webhooks/verification-trial.ts";

/** Resolves with the event's id once it is on disk. Throws AppError: not_found, gone, unavailable. */
export type SendTestEvent = (asked: {
  userId: string;
  webhookId: string;
  entrypointId: string;
  /** The only target that gets it; undefined: all of them. */
  targetId?: string | undefined;
  /** Address of the person who asks, recorded as the event's sender. */
  remoteAddress: string;
}) => Promise<string>;

export function createTestEventSender(deps: {
  sendOwnEvent: SendOwnEvent;
  useCases: WebhookUseCases;
  clock: Clock;
}): SendTestEvent {
  const { sendOwnEvent, useCases, clock } = deps;
  return async ({ userId, webhookId, entrypointId, targetId = null, remoteAddress }) => {
    const webhook = await useCases.webhooks.get({ userId, webhookId });
    const entrypoint = await useCases.entrypoints.get({ userId, webhookId, entrypointId });
    const content = {
      type: "webhooker.test",
      text: "This is a test event. It is handled like any other event.",
      sent_at: new Date(clock.now()).toISOString(),
      webhook: { id: webhook.id, name: webhook.name },
      entrypoint: { id: entrypoint.id, name: entrypoint.name },
    };
    const request = {
      method: "POST",
      pathTail: "",
      query: "",
      headers: [
        ["content-type", "application/json"],
        ["user-agent", TEST_SENDER],
      ] as const,
      body: new TextEncoder().encode(JSON.stringify(content, null, 2)),
    };
    const asked = { userId, webhookId, entrypointId, request, targetId, copyOf: null, remoteAddress };
    return (await sendOwnEvent(asked)).eventId;
  };
}
