/** Routes of an entrypoint's verification: choose a provider, configure it, try it, remove it. */
import type { Provider } from "../../../verification/provider.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { Trial } from "../../../webhooks/verification-trial.ts";
import { formatCount } from "../../components/format.ts";
import { readFields } from "../../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../../forms.ts";
import { action, configures, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import type { SourcesDeps } from "../deps.ts";
import { webhookPath } from "../paths.ts";
import { readWebhookState } from "../webhook-state.ts";
import { FIND_FIELD, findServices, NO_PROVIDER } from "./provider-choice.tsx";
import { countRejected } from "./rejected-counts.ts";
import { findSuggestion } from "./suggestions.ts";
import { TRY_FIELD, VerificationPage } from "./verification-views.tsx";

/** A form that comes back with errors, or with the result of a trial. */
type Returned = Readonly<{ provider: Provider; typed: FormInput; errors: FieldErrors; trial?: Trial }>;

/** Part of an entrypoint's input whose fields the form names directly. */
const WITHIN = "verification.config";

export function createVerificationRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, providers } = deps;

  async function own({ viewer, params }: PageContext) {
    const { id = "", entrypointId = "" } = params;
    const of = { userId: viewer.id, webhookId: id, entrypointId };
    const [webhook, entrypoint] = await Promise.all([
      useCases.webhooks.get(of),
      useCases.entrypoints.get(of),
    ]);
    return { of, webhook, entrypoint };
  }

  async function show(context: PageContext, returned?: Returned): Promise<Response> {
    const { webhook, entrypoint } = await own(context);
    const { file } = await readWebhookState(deps, webhook);
    const { found, searched } = search(context.query.get(FIND_FIELD));
    const asked = context.query.get("type") ?? entrypoint.verification?.type ?? NO_PROVIDER;
    const markup = VerificationPage({
      viewer: context.viewer,
      webhook,
      entrypoint,
      providers: providers.list(),
      provider: returned?.provider ?? found ?? providers.find(asked),
      searched,
      typed: returned?.typed,
      errors: returned?.errors ?? NO_ERRORS,
      suggested: file.fault === null ? await findSuggestion(deps, entrypoint, file.lastEvents) : null,
      trial: returned?.trial ?? null,
    });
    return renderPage(markup, { status: returned && !returned.trial ? 422 : 200 });
  }

  /** A search that finds one service chooses it; another one lists what it found. */
  function search(typed: string | null): Readonly<{ found: Provider | null; searched: string | null }> {
    const text = typed?.trim().slice(0, 100) ?? "";
    if (text === "") return { found: null, searched: null };
    const [one, ...others] = findServices(providers.list(), text);
    return one && others.length === 0 ? { found: one, searched: null } : { found: null, searched: text };
  }

  async function save(context: PageContext): Promise<Response> {
    const { of, entrypoint } = await own(context);
    const form = await context.form();
    if (form.type === NO_PROVIDER) {
      const changed = await useCases.entrypoints.update({ ...of, input: { verification: null } });
      return backTo(changed, `“${changed.name}” accepts requests from anyone with its URL.`);
    }
    const provider = providers.get(form.type ?? "");
    try {
      const verification = { type: provider.type, config: readConfig({ provider, form, entrypoint }) };
      if (form[TRY_FIELD] !== undefined) {
        const trial = await deps.trials.run({ ...of, input: { verification } });
        return show(context, { provider, typed: form, errors: NO_ERRORS, trial });
      }
      const changed = await useCases.entrypoints.update({ ...of, input: { verification } });
      const kept = (await countRejected(deps, [changed])).get(changed.id) ?? 0;
      const text = `“${changed.name}” now accepts only verified requests: ${provider.label}.`;
      return backTo(changed, `${text}${offerOf(kept)}`);
    } catch (error) {
      return show(context, { provider, typed: form, errors: fieldErrors(error, WITHIN) });
    }
  }

  return [
    page("/source/:id/entrypoints/:entrypointId/verification", (context) => show(context), "editor"),
    configures("entrypoint", action("/source/:id/entrypoints/:entrypointId/verification", save), {
      trialField: TRY_FIELD,
    }),
  ];
}

function readConfig(of: { provider: Provider; form: FormInput; entrypoint: Entrypoint }) {
  const { provider, form, entrypoint } = of;
  const { verification } = entrypoint;
  return readFields(
    provider.fields,
    form,
    verification?.type === provider.type ? verification.config : undefined,
  );
}

/** Points to the button on the page that follows. */
function offerOf(rejected: number): string {
  if (rejected === 0) return "";
  const [are, them] = rejected === 1 ? ["is", "it"] : ["are", "them"];
  return ` ${formatCount(rejected, "rejected request")} ${are} kept: re-check ${them}.`;
}

function backTo({ webhookId }: Entrypoint, text: string): Response {
  return redirect(webhookPath(webhookId), { tone: "ok", text });
}
