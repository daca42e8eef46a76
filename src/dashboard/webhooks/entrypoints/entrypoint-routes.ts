/** Routes of entrypoints: add, edit, enable and disable, delete, and send a test event. */

import { AppError } from "../../../lib/errors.ts";
import { entrypointSettingsFields } from "../../../settings/entrypoint-settings-fields.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { EmptyPlace } from "../../../webhooks/place-trials.ts";
import { readFields } from "../../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../../forms.ts";
import { action, configures, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import type { SourcesDeps } from "../deps.ts";
import { webhookPath } from "../paths.ts";
import { wantedActive } from "../targets/wanted-active.ts";
import { SourcePage } from "../webhook-page.tsx";
import { readWebhookState } from "../webhook-state.ts";
import { DeleteEntrypointPage, EditEntrypointPage } from "./entrypoint-views.tsx";

export function createEntrypointRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, config, providers } = deps;

  function ids({ viewer, params }: PageContext) {
    const { id = "", entrypointId = "" } = params;
    return { userId: viewer.id, webhookId: id, entrypointId };
  }

  async function create(context: PageContext): Promise<Response> {
    const of = ids(context);
    const webhook = await useCases.webhooks.get(of);
    const form = await context.form();
    try {
      const name = form.name?.trim();
      const entrypoint = await useCases.entrypoints.create({ ...of, input: name ? { name } : {} });
      const text = `Entrypoint “${entrypoint.name}” was added. Give its URL to the sender.`;
      return redirect(webhookPath(webhook.id), { tone: "ok", text });
    } catch (error) {
      const newEntrypoint = { values: form, errors: fieldErrors(error) };
      const state = await readWebhookState(deps, webhook);
      const { viewer, flash } = context;
      const targetTypes = deps.targetTypes.list();
      const markup = SourcePage({ viewer, flash, state, config, targetTypes, providers, newEntrypoint });
      return renderPage(markup, { status: 422 });
    }
  }

  async function showEdit(
    context: PageContext,
    returned?: Readonly<{ typed: FormInput; errors: FieldErrors }>,
  ): Promise<Response> {
    const { webhook, entrypoint } = await own(context);
    const typed = returned?.typed;
    const errors = returned?.errors ?? NO_ERRORS;
    const { viewer } = context;
    const emptyPlaces = await emptyPlacesOf(entrypoint);
    const markup = EditEntrypointPage({ viewer, webhook, entrypoint, emptyPlaces, typed, errors });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function emptyPlacesOf(entrypoint: Entrypoint): Promise<readonly EmptyPlace[]> {
    try {
      const last = (await deps.events.entrypointLastEvents(entrypoint.webhookId)).get(entrypoint.id);
      return last === undefined ? [] : await deps.placeTrials.ofEntrypoint(entrypoint, last);
    } catch (error) {
      // Settings can be changed even while the event file cannot be used.
      if (error instanceof AppError && error.kind === "unavailable") return [];
      throw error;
    }
  }

  async function own(context: PageContext) {
    const of = ids(context);
    const [webhook, entrypoint] = await Promise.all([
      useCases.webhooks.get(of),
      useCases.entrypoints.get(of),
    ]);
    return { webhook, entrypoint };
  }

  async function update(context: PageContext): Promise<Response> {
    const form = await context.form();
    const { settings } = (await own(context)).entrypoint;
    try {
      const { name = "" } = form;
      const input = { name, ...readFields(entrypointSettingsFields, form, settings) };
      const entrypoint = await useCases.entrypoints.update({ ...ids(context), input });
      return backTo(entrypoint, `Entrypoint “${entrypoint.name}” was saved.`);
    } catch (error) {
      return showEdit(context, { typed: form, errors: fieldErrors(error) });
    }
  }

  async function toggle(context: PageContext): Promise<Response> {
    const of = ids(context);
    const { active } = await useCases.entrypoints.get(of);
    const wanted = wantedActive(await context.form(), active);
    const changed = await useCases.entrypoints.setActive({ ...of, active: wanted });
    const now = wanted ? "is enabled" : "is disabled: senders get 410 Gone";
    return backTo(changed, `Entrypoint “${changed.name}” ${now}.`);
  }

  async function askToDelete(context: PageContext): Promise<Response> {
    const { webhook, entrypoint } = await own(context);
    const state = await readWebhookState(deps, webhook);
    return renderPage(
      DeleteEntrypointPage({ viewer: context.viewer, state, entrypoint, baseUrl: config.baseUrl }),
    );
  }

  async function remove(context: PageContext): Promise<Response> {
    const of = ids(context);
    const entrypoint = await useCases.entrypoints.get(of);
    await useCases.entrypoints.remove(of);
    return backTo(entrypoint, `Entrypoint “${entrypoint.name}” was deleted. Its events stay in the log.`);
  }

  async function sendTest(context: PageContext): Promise<Response> {
    const entrypoint = await useCases.entrypoints.get(ids(context));
    try {
      await deps.sendTestEvent({ ...ids(context), remoteAddress: context.remoteAddress });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === "not_found") throw error;
      return redirect(webhookPath(entrypoint.webhookId), {
        tone: "bad",
        text: `The test event was not stored. ${error.message}`,
      });
    }
    return backTo(entrypoint, `“${entrypoint.name}” received a test event. The event log shows it.`);
  }

  return [
    action("/source/:id/entrypoints", create),
    page("/source/:id/entrypoints/:entrypointId/edit", (context) => showEdit(context), "editor"),
    configures("entrypoint", action("/source/:id/entrypoints/:entrypointId/edit", update)),
    configures("entrypoint", action("/source/:id/entrypoints/:entrypointId/toggle", toggle)),
    page("/source/:id/entrypoints/:entrypointId/delete", askToDelete, "editor"),
    configures("entrypoint", action("/source/:id/entrypoints/:entrypointId/delete", remove)),
    action("/source/:id/entrypoints/:entrypointId/test", sendTest),
  ];
}

function backTo({ webhookId }: Entrypoint, text: string): Response {
  return redirect(webhookPath(webhookId), { tone: "ok", text });
}
