/** POST /webhooks/{id}/events and …/events/batch: programs publish events, or send one to an entrypoint. */
import { z } from "zod";
import type { Caller } from "../../auth/api-keys.ts";
import type { Published } from "../../ingest/publish/publisher.ts";
import { AppError } from "../../lib/errors.ts";
import { readExternalId } from "../../webhooks/external-id.ts";
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
import { requireScope } from "../people/access.ts";
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

const publishQuery = z.strictObject({
  create: z
    .enum(["true", "false"])
    .default("false")
    .transform((text) => text === "true")
    .describe(
      "`true`: a webhook that is addressed by an external id is created by its first event. Needs the scope `webhooks:write` too, and a key for all webhooks.",
    ),
});
const eventInput = z.union([publishInput, ownEventInput]).meta({ id: "EventInput" });

export function publishOperations(deps: ApiDeps): readonly Operation[] {
  const { publish, sendOwnEvent } = deps;
  const { webhooks, eventTypes } = deps.useCases;

  /** The id of the webhook in the path, which is an external id only if nobody has it. */
  async function webhookFor(of: { caller: Caller; address: string; create: boolean }): Promise<string> {
    const { caller, address, create } = of;
    const externalId = readExternalId(address);
    if (externalId === null) return address;
    if (!create) throw unknownWebhook();
    requireScope(caller, "webhooks:write");
    return webhooks.getOrCreate({ userId: caller.userId, externalId });
  }

  /** Checks them by the catalogue of the webhook's owner, who is the caller if there is no such webhook yet. */
  async function requireFit(of: {
    caller: Caller;
    address: string;
    events: readonly ReturnType<typeof toGiven>[];
  }): Promise<void> {
    const { caller, address, events } = of;
    const { userId } = caller;
    const isNew = readExternalId(address) !== null;
    const ownerId = isNew ? userId : (await webhooks.get({ userId, webhookId: address })).ownerId;
    eventTypes.requireFit({ ownerId, events });
  }

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
      query: publishQuery,
      createsWebhook: true,
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
      async handle({ caller, params, query, body, bytes, request, remoteAddress: from }) {
        const address = params.webhook_id;
        const remoteAddress = from();
        if ("entrypoint_id" in body) {
          const webhookId = await webhookFor({ caller, address, create: false });
          const asker = { userId: caller.userId, webhookId, remoteAddress };
          const { eventId, isDuplicate, signing } = await sendOwnEvent({ ...asker, ...toOwnEvent(body) });
          return { webhook_id: webhookId, event_id: eventId, duplicate: isDuplicate, signing };
        }
        const key = readIdempotencyKey(request.headers.get(KEY_HEADER));
        const event = readPublished(bytes, body, key);
        takeFromRate(caller.apiKeyId, 1);
        await requireFit({ caller, address, events: [toGiven(body, "")] });
        const webhookId = await webhookFor({ caller, address, ...query });
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
      query: publishQuery,
      createsWebhook: true,
      body: publishBatchInput,
      success: {
        status: 202,
        description: "The events are stored, apart from those with an `error`.",
        schema: publishedBatchSchema,
      },
      errors: ["rate_limited"],
      async handle({ caller, params, query, body, bytes, request, remoteAddress }) {
        const key = readIdempotencyKey(request.headers.get(KEY_HEADER));
        const events = readPublishedBatch(bytes, body, key);
        takeFromRate(caller.apiKeyId, events.length);
        const address = params.webhook_id;
        await requireFit({
          caller,
          address,
          events: body.events.map((each, place) => toGiven(each, `events.${place}.`)),
        });
        const webhookId = await webhookFor({ caller, address, ...query });
        const published = await publish({ webhookId, events, remoteAddress: remoteAddress() });
        return presentPublishedBatch(webhookId, published);
      },
    }),
  ];
}

/** `prefix` leads to the event. */
function toGiven({ type, data, payload }: z.infer<typeof publishInput>, prefix: string) {
  const isData = data !== undefined;
  return { type, value: isData ? data : payload, path: `${prefix}${isData ? "data" : "payload"}` };
}

function unknownWebhook(): AppError {
  return new AppError({
    kind: "not_found",
    message: "No such webhook.",
    hint: "Publish with ?create=true to create it by its first event.",
  });
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
