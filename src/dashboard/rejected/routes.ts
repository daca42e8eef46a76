/** Routes of rejected requests: list, show, re-check and delete. */
import { AppError, notFound } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { formatCount } from "../components/format.ts";
import { pictureBody } from "../events/body/body-picture.ts";
import { bodyFileName, bodyResponse } from "../events/body/body-response.ts";
import { unpackForPage } from "../events/body/unpacked-body.ts";
import { type Names, readNames } from "../events/names.ts";
import type { FormInput } from "../forms.ts";
import { action, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { orFault } from "../webhooks/or-fault.ts";
import type { RejectedDeps } from "./deps.ts";
import { DeleteRejectedPage, RejectedPage, UnusableRejectedPage } from "./list-view.tsx";
import { rejectedPath } from "./paths.ts";
import { RejectedRequestPage } from "./request-view.tsx";

const PER_PAGE = 50;
/** Limit on a body's markup on its page; the whole body can be downloaded. */
const BODY_CHARS = 75_000;

/** Selects one request, or all of the entrypoint or the webhook. */
type Choice = Readonly<{ ids: readonly string[] | null; entrypointId: string | null }>;

export function createRejectedRoutes(deps: RejectedDeps): readonly PageRoute[] {
  const { useCases, rejected, reverify } = deps;

  function own({ viewer, params }: PageContext): Promise<Webhook> {
    return useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
  }

  function namesOf({ viewer }: PageContext, webhook: Webhook): Promise<Names> {
    return readNames(deps, { userId: viewer.id, webhookId: webhook.id });
  }

  /** Shows an unusable event file's fault instead of the page. */
  function orUnusable(
    { viewer, flash }: PageContext,
    webhook: Webhook,
    show: () => Promise<Response>,
  ): Promise<Response> {
    return orFault(show, (fault) => UnusableRejectedPage({ viewer, flash, webhook, fault }));
  }

  async function list(context: PageContext): Promise<Response> {
    const { viewer, flash, query } = context;
    const webhook = await own(context);
    const names = await namesOf(context, webhook);
    const entrypointId = idOrNull(query.get("entrypoint"));
    const cursor = idOrNull(query.get("cursor"));
    return orUnusable(context, webhook, async () => {
      const found = await rejected.list(webhook.id, { entrypointId, cursor, limit: PER_PAGE });
      const isFirstPage = cursor === null;
      return renderPage(RejectedPage({ viewer, flash, webhook, names, entrypointId, found, isFirstPage }));
    });
  }

  async function get(context: PageContext, webhook: Webhook) {
    const request = await rejected.find(webhook.id, context.params.rejectedId ?? "");
    if (request === null) throw notFound("rejected request");
    return request;
  }

  async function show(context: PageContext): Promise<Response> {
    const { viewer, flash } = context;
    const webhook = await own(context);
    const names = await namesOf(context, webhook);
    return orUnusable(context, webhook, async () => {
      const request = await get(context, webhook);
      const { body, note: bodyNote } = await unpackForPage(request);
      const picture = pictureBody({ ...request, body, maxChars: BODY_CHARS });
      const entrypoint = names.entrypoint(request.entrypointId);
      return renderPage(
        RejectedRequestPage({ viewer, flash, webhook, request, entrypoint, picture, bodyNote }),
      );
    });
  }

  async function download(context: PageContext): Promise<Response> {
    const request = await get(context, await own(context));
    const { kind } = pictureBody({ ...request, maxChars: 1 });
    return bodyResponse(request.body, bodyFileName(`rejected-${request.id}`, kind));
  }

  async function verify(context: PageContext): Promise<Response> {
    const { id: webhookId } = await own(context);
    const { ids, entrypointId } = toChoice(await context.form());
    const back = rejectedPath(webhookId, entrypointId);
    try {
      const { checked, eventIds } = await reverify({ webhookId, ids, entrypointId });
      const released = eventIds.length;
      const text = `${formatCount(checked, "request")} re-checked: ${released} accepted into the event log, ${checked - released} still refused.`;
      return redirect(back, { tone: released > 0 || checked === 0 ? "ok" : "bad", text });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return redirect(back, { tone: "bad", text: error.message });
    }
  }

  async function remove(context: PageContext): Promise<Response> {
    const { viewer } = context;
    const webhook = await own(context);
    const form = await context.form();
    const { ids, entrypointId } = toChoice(form);
    const names = await namesOf(context, webhook);
    return orUnusable(context, webhook, async () => {
      const chosen = ids ?? (await rejected.listIds(webhook.id, entrypointId));
      if (form.confirmed === undefined) {
        const count = chosen.length;
        return renderPage(DeleteRejectedPage({ viewer, webhook, names, ids, entrypointId, count }));
      }
      const deleted = await rejected.remove(webhook.id, chosen);
      const text = `${formatCount(deleted, "rejected request")} deleted.`;
      return redirect(rejectedPath(webhook.id, entrypointId), { tone: "ok", text });
    });
  }

  return [
    page("/source/:id/rejected", list),
    page("/source/:id/rejected/:rejectedId", show),
    page("/source/:id/rejected/:rejectedId/body", download),
    action("/source/:id/rejected/verify", verify, "replayer"),
    action("/source/:id/rejected/delete", remove),
  ];
}

function toChoice({ id, entrypoint }: FormInput): Choice {
  const entrypointId = idOrNull(entrypoint ?? null);
  return { ids: id === undefined ? null : [id], entrypointId };
}

function idOrNull(text: string | null): string | null {
  return text !== null && isId(text) ? text : null;
}
