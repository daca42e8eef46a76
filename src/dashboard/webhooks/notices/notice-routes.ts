/** Routes of a webhook's notice settings: the page, its form, and a test notice. */
import { AppError } from "../../../lib/errors.ts";
import { sendsNotices } from "../../../webhooks/notices/notice-settings.ts";
import { includesRole } from "../../../webhooks/people/roles.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../../forms.ts";
import { action, configures, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import type { SourcesDeps } from "../deps.ts";
import { noticesPath, webhookPath } from "../paths.ts";
import { fromForm, toForm } from "./notices-input.ts";
import { NoticesPage } from "./notices-view.tsx";

/**
 * Maximum number of webhooks whose targets are listed. The API accepts any target; a list of thousands would help
 * nobody.
 */
const MOST_WEBHOOKS = 50;

export function createNoticeRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, targetTypes, config } = deps;

  function own({ viewer, params }: PageContext): Promise<Webhook> {
    return useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
  }

  /** Lists the targets of this webhook first. */
  async function listTargets(webhook: Webhook) {
    const { userId } = webhook;
    const all = await useCases.webhooks.list({ userId });
    const others = all
      .filter(({ id, ownerId, role }) => {
        return id !== webhook.id && ownerId === webhook.ownerId && includesRole(role, "editor");
      })
      .slice(0, MOST_WEBHOOKS);
    const lists = [webhook, ...others].map(async ({ id, name }) => {
      const targets = await useCases.targets.list({ userId, webhookId: id });
      return targets
        .filter(({ type }) => sendsNotices(targetTypes.find(type)))
        .map((target) => ({
          value: target.id,
          label: id === webhook.id ? target.name : `${target.name} (${name})`,
        }));
    });
    const targets = (await Promise.all(lists)).flat();
    const chosen = webhook.settings.notices?.target_id ?? null;
    const isListed = chosen === null || targets.some(({ value }) => value === chosen);
    return isListed ? targets : [...targets, { value: chosen, label: "another target" }];
  }

  async function show(
    context: PageContext,
    filled?: Readonly<{ values: FormInput; errors: FieldErrors }>,
  ): Promise<Response> {
    const webhook = await own(context);
    const { viewer, flash } = context;
    const markup = NoticesPage({
      viewer,
      flash,
      webhook,
      sendsMail: config.mail !== null,
      targets: await listTargets(webhook),
      values: filled?.values ?? toForm(webhook.settings.notices),
      errors: filled?.errors ?? NO_ERRORS,
    });
    return renderPage(markup, { status: filled ? 422 : 200 });
  }

  async function update(context: PageContext): Promise<Response> {
    const form = await context.form();
    const { id: webhookId, userId } = await own(context);
    const notices = fromForm(form);
    try {
      await useCases.webhooks.update({ userId, webhookId, input: { notices } });
    } catch (error) {
      return show(context, { values: form, errors: fieldErrors(error, "notices") });
    }
    if (notices === null) return redirect(webhookPath(webhookId), { tone: "ok", text: "Notices are off." });
    const text = "Notices are saved. Send a test notice to check that they arrive.";
    return redirect(noticesPath(webhookId), { tone: "ok", text });
  }

  async function sendTest(context: PageContext): Promise<Response> {
    const webhook = await own(context);
    const back = noticesPath(webhook.id);
    try {
      const faults = (await deps.sendTestNotice(webhook)).flatMap(({ channel, error }) =>
        error === null ? [] : [`${channel === "email" ? "E-mail" : "Target"}: ${error}`],
      );
      return faults.length === 0
        ? redirect(back, { tone: "ok", text: "The test notice was sent." })
        : redirect(back, { tone: "bad", text: `The test notice did not arrive. ${faults.join(" ")}` });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind === "not_found") throw error;
      return redirect(back, { tone: "bad", text: `${error.message} ${error.hint ?? ""}`.trim() });
    }
  }

  return [
    page("/source/:id/notices", (context) => show(context), "editor"),
    configures("webhook", action("/source/:id/notices", update)),
    action("/source/:id/notices/test", sendTest),
  ];
}
