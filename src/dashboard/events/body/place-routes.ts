/** The route that tells the path of a value in an event's body, and how to find events by it. */

import { charsetIn } from "../../../bodies/charset.ts";
import { findJsonPlace } from "../../../bodies/json-places.ts";
import { decodeShown } from "../../../bodies/shown-text.ts";
import { notFound } from "../../../lib/errors.ts";
import { type PageRoute, page } from "../../page-route.ts";
import { renderPage } from "../../render.ts";
import type { EventsDeps } from "../deps.ts";
import { PlacePage } from "./place-view.tsx";
import { unpackForPage } from "./unpacked-body.ts";

/** Pages show less of a body. */
const MAX_BYTES = 500_000;

export function createPlaceRoutes({
  useCases,
  events,
}: Pick<EventsDeps, "useCases" | "events">): readonly PageRoute[] {
  return [
    page("/source/:id/events/:eventId/value", async ({ viewer, params, query }) => {
      const { id: webhookId = "", eventId = "" } = params;
      const webhook = await useCases.webhooks.get({ userId: viewer.id, webhookId });
      const event = await events.findEvent(webhook.id, eventId);
      if (event === null) throw notFound("event");
      const { body } = await unpackForPage(event);
      const text = decodeShown(body, charsetIn(body, event.contentType), MAX_BYTES) ?? "";
      const number = Math.trunc(Number(query.get("n") ?? 0));
      const place = number >= 0 ? findJsonPlace(text, number) : null;
      return renderPage(PlacePage({ viewer, webhook, eventId: event.id, place }));
    }),
  ];
}
