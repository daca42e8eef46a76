/** Routes of a target's signing: what receivers need, and the rotation of its secret. */
import type { Target } from "../../../webhooks/targets.ts";
import { readFields } from "../../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../../forms.ts";
import { action, configures, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import type { SourcesDeps } from "../deps.ts";
import { webhookPath } from "../paths.ts";
import { SigningPage } from "./signing-views.tsx";
import { targetIds } from "./target-context.ts";

export function createSigningRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases } = deps;

  async function show(
    context: PageContext,
    returned?: Readonly<{ typed: FormInput; errors: FieldErrors }>,
  ): Promise<Response> {
    const of = targetIds(context);
    const [webhook, target] = await Promise.all([useCases.webhooks.get(of), useCases.targets.get(of)]);
    const { typed, errors = NO_ERRORS } = returned ?? {};
    const markup = SigningPage({ viewer: context.viewer, webhook, target, typed, errors });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function rotate(context: PageContext): Promise<Response> {
    const form = await context.form();
    const input = readFields(
      [
        { name: "overlap_hours", label: "", kind: "number" },
        { name: "secret", label: "", kind: "password" },
      ],
      form,
    );
    try {
      const target = await useCases.targets.rotateSigning({ ...targetIds(context), input });
      return toWebhook(deps, context, {
        target,
        text: `The signing secret of “${target.name}” was rotated.`,
      });
    } catch (error) {
      return show(context, { typed: form, errors: fieldErrors(error) });
    }
  }

  return [
    page("/source/:id/targets/:targetId/signing", (context) => show(context), "editor"),
    configures("target", action("/source/:id/targets/:targetId/signing/rotate", rotate)),
  ];
}

/** Redirects to the webhook's page, which shows the target's new secret once, if there is one. */
export function toWebhook(
  { reveals }: Pick<SourcesDeps, "reveals">,
  { sessionId }: Pick<PageContext, "sessionId">,
  done: { target: Target; text: string },
): Response {
  const { target, text } = done;
  const secret = target.signingSecret;
  const made =
    secret === undefined ? "" : `?made=${reveals.keep({ sessionId, text: secret })}&target=${target.id}`;
  return redirect(
    `${webhookPath(target.webhookId)}${made}`,
    target.warning === null ? { tone: "ok", text } : { tone: "bad", text: `${text} ${target.warning}` },
  );
}
