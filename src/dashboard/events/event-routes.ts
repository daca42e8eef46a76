/** Routes of one event: its page, its bytes, and its replay. */
import { AppError, notFound } from "../../lib/errors.ts";
import type { FilterMarks } from "../../storage/event-db/filter-marks.ts";
import type { StoredEvent } from "../../storage/event-db/types.ts";
import { findConfirmation, SNS_TYPE } from "../../verification/public-keys/sns.ts";
import { listFilterFates } from "../../webhooks/filter-fates.ts";
import { listUnreadValues } from "../../webhooks/unread-values.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { formatCount } from "../components/format.ts";
import { action, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { SHORT_LIST } from "../webhooks/chosen-rows.ts";
import { faultOf } from "../webhooks/webhook-state.ts";
import { contentTypeOf, pictureBody } from "./body/body-picture.ts";
import { bodyFileName, bodyResponse } from "./body/body-response.ts";
import { unpackForPage } from "./body/unpacked-body.ts";
import { areMany, groupDeliveries } from "./deliveries/delivery-groups.ts";
import { describeDeliveries } from "./deliveries/describe-deliveries.ts";
import { SEARCH_FIELD } from "./deliveries/groups-view.tsx";
import { waitsUntil } from "./deliveries/wait.ts";
import type { EventsDeps } from "./deps.ts";
import { EventPage, UnusableEventPage } from "./event-views.tsx";
import { filterQuery, readLogFilter, toEventFilter } from "./log-filter.ts";
import { type Names, readNames } from "./names.ts";
import { findNeighbours } from "./neighbours.ts";
import { eventPath } from "./paths.ts";

/**
 * Limit on the body's markup, at first and when more is requested: a page with everything it loads stays under 150 KB.
 */
const BODY_CHARS = 52_000;
const LONG_BODY_CHARS = 800_000;
/** A page polls for attempts that are due within this time. */
const SOON_MS = 15_000;

export function createEventRoutes(deps: EventsDeps): readonly PageRoute[] {
  const { useCases, events, clock } = deps;

  function own({ viewer, params }: PageContext): Promise<Webhook> {
    return useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
  }

  async function getEvent(webhookId: string, { params }: PageContext): Promise<StoredEvent> {
    const event = await events.findEvent(webhookId, params.eventId ?? "");
    if (event === null) throw notFound("event");
    return event;
  }

  async function show(context: PageContext): Promise<Response> {
    const { viewer, flash, query } = context;
    const webhook = await own(context);
    const { filter } = readLogFilter(query, webhook.settings.indexed_fields);
    try {
      const event = await getEvent(webhook.id, context);
      const [heads, marks, duplicates, firstReceivedAt, origin, neighbours, names] = await Promise.all([
        events.listDeliveryHeads(webhook.id, event.id),
        events.findFilterMarks(webhook.id, event.id),
        events.findDuplicates(webhook.id, event.id),
        deps.rejected.findFirstReceivedAt(webhook.id, event.id),
        events.findOrigin(webhook.id, event.id),
        findNeighbours({
          events,
          event,
          webhookId: webhook.id,
          now: clock.now(),
          filter: toEventFilter(filter, clock.now()),
          asker: viewer.id,
        }),
        readNames(deps, { userId: viewer.id, webhookId: webhook.id }),
      ]);
      const targetIds = new Set(heads.map(({ targetId }) => targetId));
      const delivered = names.targets.filter(({ id }) => targetIds.has(id));
      const chosen = areMany(heads) ? (query.get("delivery") ?? "") : undefined;
      const deliveries = await events.listDeliveries(webhook.id, event.id, chosen);
      const throttles = await deps.throttle.read(
        delivered.filter(({ id }) => chosen === undefined || id === chosen),
      );
      const now = clock.now();
      const shown = describeDeliveries({ deliveries, names, throttles, now });
      const unread = await listUnreadValues({
        event,
        entrypoint: names.entrypoints.find(({ id }) => id === event.entrypointId) ?? null,
        targets: delivered,
      });
      const fates = await listFilterFates({ event, marks: firstMarks(marks), targets: names.targets });
      const isLong = query.get("body") === "long";
      const maxChars = isLong ? LONG_BODY_CHARS : BODY_CHARS;
      const { body, note: bodyNote } = await unpackForPage(event);
      const picture = pictureBody({ contentType: event.contentType, body, maxChars });
      return renderPage(
        EventPage({
          viewer,
          flash,
          webhook,
          event,
          duplicates,
          firstReceivedAt,
          origin,
          neighbours,
          picture,
          isLong,
          bodyNote,
          unread,
          query: filterQuery(filter),
          entrypoint: names.entrypoint(event.entrypointId),
          confirmation: confirmationOf(event, names),
          deliveries: shown.map((delivery) => ({
            ...delivery,
            query: filterQuery(filter),
            webhookId: webhook.id,
          })),
          fates: fates.map((fate) => ({
            ...fate,
            target: names.target(fate.targetId),
            hasDelivery: targetIds.has(fate.targetId),
          })),
          moreFates: marks.filtered.length + marks.unjudged.length - fates.length,
          groups: areMany(heads)
            ? groupDeliveries(heads, { names, search: query.get(SEARCH_FIELD)?.trim().slice(0, 200) ?? "" })
            : null,
          isInProgress: shown.some(
            ({ wait }) => (waitsUntil(wait, now) ?? Number.POSITIVE_INFINITY) < now + SOON_MS,
          ),
        }),
      );
    } catch (error) {
      if (error instanceof AppError && error.kind !== "unavailable") throw error;
      const fault = faultOf(error);
      const markup = UnusableEventPage({ viewer, flash, webhook, fault, query: filterQuery(filter) });
      return renderPage(markup, { status: 503 });
    }
  }

  async function showBody(context: PageContext): Promise<Response> {
    const { id } = await own(context);
    const event = await getEvent(id, context);
    return sendBody(context, { ...event, name: `event-${event.id}` });
  }

  async function showResultBody(context: PageContext): Promise<Response> {
    const { id } = await own(context);
    const event = await getEvent(id, context);
    const deliveries = await events.listDeliveries(id, event.id);
    const result = deliveries
      .flatMap(({ results }) => results)
      .find((each) => each.id === context.params.resultId);
    if (!result?.responseBody) throw notFound("response");
    const contentType = contentTypeOf(result.responseHeaders);
    return sendBody(context, { contentType, body: result.responseBody, name: `response-${result.id}` });
  }

  async function replay(context: PageContext): Promise<Response> {
    const { id: webhookId, settings } = await own(context);
    const { target_id: targetId } = await context.form();
    const { filter } = readLogFilter(context.query, settings.indexed_fields);
    const back = eventPath(webhookId, context.params.eventId ?? "", filterQuery(filter));
    try {
      const { deliveries } = await deps.replay({
        webhookId,
        eventId: context.params.eventId ?? "",
        targetId: targetId || undefined,
      });
      const text = `Replaying to ${formatCount(deliveries, "target")}.`;
      return redirect(back, { tone: "ok", text });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== "conflict") throw error;
      return redirect(back, { tone: "bad", text: "No target is active. Add, enable or resume one first." });
    }
  }

  const path = "/source/:id/events/:eventId";
  return [
    page(path, show),
    page(`${path}/body`, showBody),
    page(`${path}/results/:resultId/body`, showResultBody),
    action(`${path}/replay`, replay, "replayer"),
  ];
}

function sendBody(
  { query }: PageContext,
  of: { contentType: string; body: Uint8Array; name: string },
): Response {
  const { kind } = pictureBody({ ...of, maxChars: BODY_CHARS });
  const isDownload = query.has("download") || kind === "hex";
  return bodyResponse(of.body, isDownload ? bodyFileName(of.name, kind) : null);
}

/** As many as the page shows; each is judged again. */
function firstMarks({ filtered, unjudged }: FilterMarks): FilterMarks {
  const first = filtered.slice(0, SHORT_LIST);
  return { filtered: first, unjudged: unjudged.slice(0, SHORT_LIST - first.length) };
}

/** Returns the link that confirms a subscription, if its entrypoint has verified the message as one of Amazon SNS. */
function confirmationOf({ entrypointId, headers, body }: StoredEvent, { entrypoints }: Names) {
  const entrypoint = entrypoints.find(({ id }) => id === entrypointId);
  if (entrypoint?.verification?.type !== SNS_TYPE) return null;
  return findConfirmation({ body, headers: new Headers(headers.map(([name, value]) => [name, value])) });
}
