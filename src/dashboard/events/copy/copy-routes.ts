/** Routes that give a request as code: an event to the gateway, or what an attempt sent to its target. */
import { notFound } from "../../../lib/errors.ts";
import { type PageRoute, page } from "../../page-route.ts";
import { entrypointUrl } from "../../webhooks/paths.ts";
import { contentTypeOf, pictureBody } from "../body/body-picture.ts";
import { bodyFileName, bodyResponse } from "../body/body-response.ts";
import type { EventsDeps } from "../deps.ts";
import { COPY_FORMATS, formatRequest } from "./copy-formats.ts";

type Copied = Readonly<{
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
}>;

export function createCopyRoutes(deps: EventsDeps): readonly PageRoute[] {
  const { useCases, events, findSentRequest, config } = deps;

  async function requestToGateway(webhookId: string, eventId: string): Promise<Copied> {
    const event = await events.findEvent(webhookId, eventId);
    if (event === null) throw notFound("event");
    const { entrypointId, pathTail, query } = event;
    const url = `${entrypointUrl(config.baseUrl, entrypointId)}${pathTail}${query === "" ? "" : `?${query}`}`;
    return { ...event, url };
  }

  return [
    page(
      "/source/:id/events/:eventId/copy",
      async ({ viewer, params, query }) => {
        const { id: webhookId = "", eventId = "" } = params;
        const of = { userId: viewer.id, webhookId };
        await useCases.webhooks.get(of);
        const { as } = COPY_FORMATS.find((format) => format.as === query.get("as")) ?? COPY_FORMATS[0];
        const resultId = query.get("result");
        const request =
          resultId === null
            ? await requestToGateway(webhookId, eventId)
            : (await findSentRequest({ ...of, eventId, resultId })).request;
        if (request === null) throw notFound("request");
        const { kind } = pictureBody({
          contentType: contentTypeOf(request.headers),
          body: request.body,
          maxChars: 1_000,
        });
        const bodyFile = bodyFileName(`event-${eventId}`, kind);
        const text = formatRequest(as, { ...request, bodyFile, areHeadersFinal: resultId !== null });
        return bodyResponse(new TextEncoder().encode(`${text}\n`), null);
      },
      "editor",
    ),
  ];
}
