/** /webhooks/{id}/events: received events, their deliveries, and replaying one event. */
import { z } from "zod";
import { notFound } from "../../lib/errors.ts";
import type { Delivery, StoredEvent } from "../../storage/event-db/types.ts";
import { type FilterFate, listFilterFates } from "../../webhooks/filter-fates.ts";
import { listUnreadValues, type UnreadValue } from "../../webhooks/unread-values.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { presentDelivery, presentEvent, presentEventSummary } from "../presenters.ts";
import { rawBodyResponse } from "../raw-body.ts";
import { createRequireFields, createRequireWebhook } from "../require-webhook.ts";
import { count } from "../schema-parts.ts";
import { eventPath, listOf, replaySchema, resultPath, webhookPath } from "../schemas.ts";
import { presentSentRequest, sentRequestSchema } from "../targets/transformed.ts";
import { eventFilterShape, toEventFilter } from "./event-filter.ts";
import { deliverySchema, eventSchema, eventSummarySchema } from "./event-schemas.ts";

const tag = "Events";
const listPath = "/webhooks/:webhook_id/events";
const path = `${listPath}/:event_id`;

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("Events on a page."),
  cursor: z.string().min(1).optional().describe("`next_cursor` of the previous page."),
  ...eventFilterShape,
  transformation_failed: z
    .enum(["true"])
    .transform((): true => true)
    .optional()
    .describe("`true`: with a delivery that was given up because the target's transformation failed."),
});

const replayInput = z
  .strictObject({
    target_id: z.string().optional().describe("One of the webhook's targets. Default: all active targets."),
  })
  .meta({ id: "ReplayInput" });

export function eventOperations(deps: ApiDeps): readonly Operation[] {
  const { events } = deps;

  const requireWebhook = createRequireWebhook(deps.useCases);
  const requireFields = createRequireFields(deps.useCases);

  async function getEvent(webhookId: string, eventId: string): Promise<StoredEvent> {
    const event = await events.findEvent(webhookId, eventId);
    if (event === null) throw notFound("event");
    return event;
  }

  /** Judges the event by settings as they are now. */
  async function lookAgain(of: {
    userId: string;
    webhookId: string;
    event: StoredEvent;
    deliveries: readonly Delivery[];
  }): Promise<{ unread: readonly UnreadValue[]; fates: readonly FilterFate[] }> {
    const { webhookId, event, deliveries } = of;
    const [entrypoints, targets, marks] = await Promise.all([
      deps.useCases.entrypoints.list(of),
      deps.useCases.targets.list(of),
      events.findFilterMarks(webhookId, event.id),
    ]);
    const unread = await listUnreadValues({
      event,
      entrypoint: entrypoints.find(({ id }) => id === event.entrypointId) ?? null,
      targets: targets.filter(({ id }) => deliveries.some(({ targetId }) => targetId === id)),
    });
    return { unread, fates: await listFilterFates({ event, marks, targets }) };
  }

  return [
    operation({
      id: "listEvents",
      method: "GET",
      path: listPath,
      tag,
      scope: "events:read",
      summary: "List a webhook's events, newest first",
      params: webhookPath,
      query: pageQuery,
      success: {
        status: 200,
        description:
          "One page. It may contain fewer than `limit` events even if `next_cursor` is set, because searches are limited in time.",
        schema: listOf(eventSummarySchema).extend({
          not_searched: count.describe(
            "With `text`: number of events searched for this page that could not be searched.",
          ),
        }),
      },
      async handle({ caller, params, request, query: { limit, cursor = null, ...given } }) {
        const { webhookId, indexedFields } = await requireFields(caller, params.webhook_id);
        const filter = toEventFilter(given, { indexedFields, now: deps.clock.now() });
        const { signal } = request;
        const asked = { limit, cursor, filter, signal, asker: caller.userId };
        const page = await events.searchEvents(webhookId, asked);
        return {
          data: page.events.map(presentEventSummary),
          next_cursor: page.nextCursor,
          not_searched: page.notSearched,
        };
      },
    }),
    operation({
      id: "getEvent",
      method: "GET",
      path,
      tag,
      scope: "events:read",
      summary: "Read an event with its deliveries and results",
      params: eventPath,
      success: { status: 200, description: "The event.", schema: eventSchema },
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const event = await getEvent(webhookId, params.event_id);
        const [deliveries, duplicates, firstReceivedAt, origin] = await Promise.all([
          events.listDeliveries(webhookId, event.id),
          events.findDuplicates(webhookId, event.id),
          deps.rejected.findFirstReceivedAt(webhookId, event.id),
          events.findOrigin(webhookId, event.id),
        ]);
        const { userId } = caller;
        const again = await lookAgain({ userId, webhookId, event, deliveries });
        return presentEvent(event, deliveries, { duplicates, firstReceivedAt, origin, ...again });
      },
    }),
    operation({
      id: "getEventBody",
      method: "GET",
      path: `${path}/body`,
      tag,
      scope: "events:read",
      summary: "Read the bytes of an event's body",
      params: eventPath,
      success: {
        status: 200,
        description: "The bytes as received, with the received content type.",
        contentType: "*/*",
      },
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        return rawBodyResponse(await getEvent(webhookId, params.event_id));
      },
    }),
    operation({
      id: "getSentRequest",
      method: "GET",
      path: `${path}/results/:result_id/sent`,
      tag,
      scope: "events:read",
      summary: "Compute what an attempt sent",
      description:
        "Runs the version of the transformation that the attempt ran; it gives the same `request` as it did then. `sent` adds what the target's present settings add: its URL, configured headers, identity and signature.",
      params: resultPath,
      success: {
        status: 200,
        description: "The request that was sent, or why there was none.",
        schema: sentRequestSchema,
      },
      async handle({ caller: { userId }, params }) {
        const { webhook_id: webhookId, event_id: eventId, result_id: resultId } = params;
        return presentSentRequest(await deps.findSentRequest({ userId, webhookId, eventId, resultId }));
      },
    }),
    operation({
      id: "listDeliveries",
      method: "GET",
      path: `${path}/deliveries`,
      tag,
      scope: "events:read",
      summary: "List an event's deliveries with every result",
      params: eventPath,
      success: { status: 200, description: "All deliveries.", schema: listOf(deliverySchema) },
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const event = await getEvent(webhookId, params.event_id);
        const deliveries = await events.listDeliveries(webhookId, event.id);
        return { data: deliveries.map(presentDelivery), next_cursor: null };
      },
    }),
    operation({
      id: "replayEvent",
      method: "POST",
      path: `${path}/replay`,
      tag,
      scope: "replay",
      summary: "Deliver an event again",
      params: eventPath,
      body: replayInput,
      emptyBody: {},
      success: { status: 202, description: "The deliveries are due now.", schema: replaySchema },
      errors: ["conflict"],
      async handle({ caller, params, body }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        return deps.replay({ webhookId, eventId: params.event_id, targetId: body.target_id });
      },
    }),
  ];
}
