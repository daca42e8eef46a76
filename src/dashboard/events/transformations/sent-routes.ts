/** The page of what a transformed attempt sent. */
import { type PageRoute, page } from "../../page-route.ts";
import { renderPage } from "../../render.ts";
import type { EventsDeps } from "../deps.ts";
import { readNames } from "../names.ts";
import { SentPage } from "./sent-view.tsx";

export function createSentRoutes(deps: EventsDeps): readonly PageRoute[] {
  return [
    page("/source/:id/events/:eventId/results/:resultId/sent", async ({ viewer, params }) => {
      const { id: webhookId = "", eventId = "", resultId = "" } = params;
      const of = { userId: viewer.id, webhookId };
      const webhook = await deps.useCases.webhooks.get(of);
      const [sent, names] = await Promise.all([
        deps.findSentRequest({ ...of, eventId, resultId }),
        readNames(deps, of),
      ]);
      const targetName = names.target(sent.targetId).name;
      return renderPage(SentPage({ viewer, webhook, sent, targetName }));
    }),
  ];
}
