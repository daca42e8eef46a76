/** The route that compares two events of a webhook. */
import { notFound } from "../../../lib/errors.ts";
import type { StoredEvent } from "../../../storage/event-db/types.ts";
import { type PageRoute, page } from "../../page-route.ts";
import { renderPage } from "../../render.ts";
import type { EventsDeps } from "../deps.ts";
import { ComparePage } from "./view.tsx";

export function createCompareRoutes({
  useCases,
  events,
}: Pick<EventsDeps, "useCases" | "events">): readonly PageRoute[] {
  async function getEvent(webhookId: string, eventId: string): Promise<StoredEvent> {
    const event = await events.findEvent(webhookId, eventId);
    if (event === null) throw notFound("event");
    return event;
  }

  return [
    page("/source/:id/compare", async ({ viewer, params, query, flash }) => {
      const webhook = await useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
      const ids = query.getAll("event");
      const [first = "", second = ""] = ids.toSorted();
      const pair =
        ids.length === 2
          ? ([await getEvent(webhook.id, first), await getEvent(webhook.id, second)] as const)
          : null;
      return renderPage(ComparePage({ viewer, flash, webhook, pair }));
    }),
  ];
}
