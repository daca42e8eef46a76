/** The page of what an attempt sent. */
import { headerOf } from "../../../targets/target-type.ts";
import { type PageRoute, page } from "../../page-route.ts";
import { renderPage } from "../../render.ts";
import { pictureBody } from "../body/body-picture.ts";
import { unpackForPage } from "../body/unpacked-body.ts";
import type { EventsDeps } from "../deps.ts";
import { readNames } from "../names.ts";
import { copyPath } from "../paths.ts";
import { SentPage } from "./sent-view.tsx";

/** Limit of the body's markup; the event's page shows more. */
const BODY_CHARS = 20_000;

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
      const { request } = sent;
      const unpacked = request && (await unpackForPage(request));
      const contentType = request ? (headerOf(request.headers, "content-type") ?? "") : "";
      const picture = unpacked && pictureBody({ contentType, body: unpacked.body, maxChars: BODY_CHARS });
      const target = names.target(sent.targetId);
      return renderPage(
        SentPage({
          viewer,
          webhook,
          sent,
          target,
          picture,
          copyHref: (as) => copyPath({ webhookId, eventId, resultId, as }),
          bodyNote: unpacked?.note ?? null,
        }),
      );
    }),
  ];
}
