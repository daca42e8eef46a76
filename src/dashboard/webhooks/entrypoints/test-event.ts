/** Sends a test event to an entrypoint, through the same code path as any sender's request. */
import type { Receiver } from "../../../ingest/receive.ts";
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
  receiver: Receiver;
  useCases: WebhookUseCases;
  clock: Clock;
}): SendTestEvent {
  const { receiver, useCases, clock } = deps;
  return async ({ userId, webhookId, entrypointId, targetId, remoteAddress }) => {
    const webhook = await useCases.webhooks.get({ userId, webhookId });
    const entrypoint = await useCases.entrypoints.get({ userId, webhookId, entrypointId });
    const route = receiver.findRoute(entrypointId);
    const targets = route.targets.filter(({ id }) => targetId === undefined || id === targetId);
    const content = {
      type: "webhooker.test",
      text: "This is a test event. It is handled like any other event.",
      sent_at: new Date(clock.now()).toISOString(),
      webhook: { id: webhook.id, name: webhook.name },
      entrypoint: { id: entrypoint.id, name: entrypoint.name },
    };
    const body = new TextEncoder().encode(JSON.stringify(content, null, 2));
    const headers = new Headers({
      "content-type": "application/json",
      "content-length": String(body.byteLength),
      "user-agent": TEST_SENDER,
    });
    const facts = { method: "POST", pathTail: "", query: "", headers, remoteAddress };
    return (await receiver.store({ route: { ...route, targets }, facts, body, accepted: null })).eventId;
  };
}
