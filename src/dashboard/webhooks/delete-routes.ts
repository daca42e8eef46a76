/** Deletes a webhook, after a page that lists what will be lost. */
import { type FieldErrors, NO_ERRORS } from "../forms.ts";
import { action, configures, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { DeleteWebhookPage } from "./delete-views.tsx";
import type { SourcesDeps } from "./deps.ts";
import { LIST_PATH } from "./paths.ts";
import { faultOf, readWebhookState } from "./webhook-state.ts";

export function createDeleteRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, events } = deps;

  async function ask(context: PageContext, errors: FieldErrors = NO_ERRORS): Promise<Response> {
    const { viewer, params } = context;
    const webhook = await useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
    const state = await readWebhookState(deps, webhook);
    const eventCount = await countEvents(webhook.id);
    const markup = DeleteWebhookPage({ viewer, state, eventCount, errors });
    return renderPage(markup, { status: errors === NO_ERRORS ? 200 : 422 });
  }

  /** Returns null if the event file cannot be used. */
  async function countEvents(webhookId: string): Promise<number | null> {
    try {
      return await events.countEvents(webhookId);
    } catch (error) {
      faultOf(error);
      return null;
    }
  }

  async function remove(context: PageContext): Promise<Response> {
    const of = { userId: context.viewer.id, webhookId: context.params.id ?? "" };
    const { name } = await useCases.webhooks.get(of);
    const { confirm_name: typed } = await context.form();
    // The page's form always contains the field; a program that posts without it needs no confirmation.
    if (typed !== undefined && typed.trim() !== name) {
      return ask(context, { confirm_name: "This is not the webhook's name." });
    }
    await useCases.webhooks.remove(of);
    return redirect(LIST_PATH, { tone: "ok", text: `Webhook “${name}” was deleted with all its events.` });
  }

  return [
    page("/source/:id/delete", (context) => ask(context), "owner"),
    configures("webhook", action("/source/:id/delete", remove, "owner")),
  ];
}
