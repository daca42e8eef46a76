/** POST /webhooks/{id}/events and …/events/batch: programs publish events, or send one to an entrypoint. */
import { z } from "zod";
import type { Published } from "../../ingest/publish/publisher.ts";
import { AppError } from "../../lib/errors.ts";
import { ownEventInput, toOwnEvent } from "../../webhooks/own-event-input.ts";
import {
  publishBatchInput,
  publishInput,
  readIdempotencyKey,
  readPublished,
  readPublishedBatch,
} from "../../webhooks/publish/publish-input.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { webhookPath } from "../schemas.ts";
import { createPublishRate } from "./publish-rate.ts";
import {
  presentPublished,
  presentPublishedBatch,
  publishedBatchSchema,
  publishedSchema,
  sentEventSchema,
} from "./publish-schemas.ts";

const tag = "Events";
const path = "/webhooks/:webhook_id/events";
const KEY_HEADER = "idempotency-key";
/** As other APIs name it. */
const REPLAYED_HEADER = "Idempotent-Replayed";

const eventInput = z.union([publishInput, ownEventInput]).meta({ id: "EventInput" });

export function publishOperations(deps: ApiDeps): readonly Operation[] {
  const { publish, sendOwnEvent } = deps;
  const takeFromRate = createPublishRate({ perSecond: deps.publishRate, monotonic: deps.clock.monotonic });

  return [
    operation({
      id: "sendEvent",
      method: "POST",
      path,
      tag,
      scope: "publish",
      summary: "Publish an event, or send one to an entrypoint",
      description:
        "With `type`: the event is published to the webhook's targets. The header `Idempotency-Key` makes it safe to repeat the call: the same key with the same body gets the answer of the first call and the header `Idempotent-Replayed: true`, with another body 409. With `entrypoint_id`: the event is received like any sender's, and says that a user sent it; it is signed with the entrypoint's secret where that can be done here.",
      params: webhookPath,
      body: eventInput,
      bodyFor: (given) => (isForEntrypoint(given) ? ownEventInput : publishInput),
      success: {
        status: 201,
        description: "The event that a user sent is stored.",
        schema: sentEventSchema,
        or: { status: 202, description: "The published event is stored.", schema: publishedSchema },
      },
      location: ({ webhook_id, event_id }) => `/webhooks/${webhook_id}/events/${event_id}`,
      errors: ["conflict", "gone", "rate_limited"],
      async handle({ caller, params: { webhook_id: webhookId }, body, bytes, request, remoteAddress: from }) {
        const remoteAddress = from();
        if ("entrypoint_id" in body) {
          const asker = { userId: caller.userId, webhookId, remoteAddress };
          const { eventId, isDuplicate, signing } = await sendOwnEvent({ ...asker, ...toOwnEvent(body) });
          return { webhook_id: webhookId, event_id: eventId, duplicate: isDuplicate, signing };
        }
        const key = readIdempotencyKey(request.headers.get(KEY_HEADER));
        const event = readPublished(bytes, body, key);
        takeFromRate(caller.apiKeyId, 1);
        const [published] = await publish({ webhookId, events: [event], remoteAddress });
        if (published === undefined) throw new Error("an event was published without a result");
        if (published.isConflict) throw keyReused(published);
        const headers = new Headers(published.isKnown ? { [REPLAYED_HEADER]: "true" } : {});
        return Response.json(presentPublished(webhookId, published), { status: 202, headers });
      },
    }),
    operation({
      id: "publishEvents",
      method: "POST",
      path: `${path}/batch`,
      tag,
      scope: "publish",
      summary: "Publish several events",
      description:
        "Nothing is stored if one of the events is not valid. Each has an idempotency key of its own: its `id`, or the header `Idempotency-Key` with its place in the batch. An event whose key belongs to another event is left out, and its entry says so.",
      params: webhookPath,
      body: publishBatchInput,
      success: {
        status: 202,
        description: "The events are stored, apart from those with an `error`.",
        schema: publishedBatchSchema,
      },
      errors: ["rate_limited"],
      async handle({ caller, params: { webhook_id: webhookId }, body, bytes, request, remoteAddress }) {
        const key = readIdempotencyKey(request.headers.get(KEY_HEADER));
        const events = readPublishedBatch(bytes, body, key);
        takeFromRate(caller.apiKeyId, events.length);
        const published = await publish({ webhookId, events, remoteAddress: remoteAddress() });
        return presentPublishedBatch(webhookId, published);
      },
    }),
  ];
}

function isForEntrypoint(given: unknown): boolean {
  return typeof given === "object" && given !== null && "entrypoint_id" in given;
}

function keyReused({ eventId }: Published): AppError {
  return new AppError({
    kind: "conflict",
    code: "idempotency_key_reused",
    message: "This idempotency key belongs to an event with another type, id or body.",
    hint: `That is ${eventId}. Use a key of its own for each event, and send the same bytes when you repeat a call.`,
  });
}
