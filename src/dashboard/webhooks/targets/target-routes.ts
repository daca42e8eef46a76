/** Routes of targets: add, edit, enable and disable, delete. */
import { notFound } from "../../../lib/errors.ts";
import { filterPolicyFields } from "../../../targets/filter-policy.ts";
import type { TargetType } from "../../../targets/target-type.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { readFields } from "../../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../../forms.ts";
import { action, configures, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { renderPage } from "../../render.ts";
import type { SourcesDeps } from "../deps.ts";
import { readWebhookState } from "../webhook-state.ts";
import { wantsEverything } from "./section-notes.ts";
import { toWebhook } from "./signing-routes.ts";
import { backTo, targetIds } from "./target-context.ts";
import { DeleteTargetPage } from "./target-delete-view.tsx";
import { EditTargetPage, NewTargetPage, type TargetTrial, TRY_FIELD } from "./target-form-views.tsx";
import { readTarget } from "./target-input.ts";
import { readTransformation } from "./transformation-form.ts";
import { wantedActive } from "./wanted-active.ts";

/** A form that comes back with errors. */
type Returned = Readonly<{ typed: FormInput; errors: FieldErrors; trial?: TargetTrial }>;

export function createTargetRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, targetTypes } = deps;

  async function own(context: PageContext) {
    const of = targetIds(context);
    const [webhook, target] = await Promise.all([useCases.webhooks.get(of), useCases.targets.get(of)]);
    return { webhook, target };
  }

  /** Returns the first type of the list if the requested one is missing or unknown. */
  function typeToShow(asked: string | null | undefined): TargetType {
    const type = targetTypes.find(asked ?? "") ?? targetTypes.list()[0];
    if (!type) throw notFound("target type");
    return type;
  }

  async function listTypeNames({ ownerId }: Webhook): Promise<readonly string[]> {
    return (await useCases.eventTypes.listSummaries({ userId: ownerId })).map(({ name }) => name);
  }

  async function showNew(context: PageContext, type: TargetType, returned?: Returned): Promise<Response> {
    const webhook = await useCases.webhooks.get(targetIds(context));
    const markup = NewTargetPage({
      viewer: context.viewer,
      webhook,
      type,
      types: targetTypes.list(),
      typeNames: await listTypeNames(webhook),
      typed: returned?.typed,
      errors: returned?.errors ?? NO_ERRORS,
    });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function create(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    await useCases.webhooks.get(of);
    const form = await context.form();
    const type = typeToShow(form.type);
    try {
      const input = { ...readTarget({ fields: type.fields, form }), type: form.type ?? "" };
      const target = await useCases.targets.create({ ...of, input });
      const gets = wantsEverything(target.policy) ? "every event" : "every event that it wants";
      const text = `Target “${target.name}” was added. It gets ${gets} from now on.`;
      return toWebhook(deps, context, { target, text });
    } catch (error) {
      return showNew(context, type, { typed: form, errors: fieldErrors(error, "config") });
    }
  }

  async function showEdit(context: PageContext, returned?: Returned): Promise<Response> {
    const { webhook, target } = await own(context);
    const markup = EditTargetPage({
      viewer: context.viewer,
      webhook,
      target,
      type: targetTypes.get(target.type),
      typeNames: await listTypeNames(webhook),
      typed: returned?.typed,
      errors: returned?.errors ?? NO_ERRORS,
      trial: returned?.trial ?? null,
    });
    return renderPage(markup, { status: returned && !returned.trial ? 422 : 200 });
  }

  async function update(context: PageContext): Promise<Response> {
    const { target } = await own(context);
    const form = await context.form();
    const { fields } = targetTypes.get(target.type);
    try {
      if (form[TRY_FIELD] !== undefined) {
        const transformation = readTransformation(form);
        const input = {
          ...readFields(filterPolicyFields, form),
          ...(transformation !== undefined &&
            (transformation ?? target.transformation) && { transformation }),
        };
        const asked = { ...targetIds(context), input, signal: context.request.signal };
        const filter = await deps.targetTrials.filter.run(asked);
        const trial = { filter, transformation: await deps.targetTrials.transformation.run(asked) };
        return showEdit(context, { typed: form, errors: NO_ERRORS, trial });
      }
      const input = readTarget({ fields, form, stored: target.config });
      const changed = await useCases.targets.update({ ...targetIds(context), input });
      await deps.throttle.changed(targetIds(context));
      return toWebhook(deps, context, { target: changed, text: `Target “${changed.name}” was saved.` });
    } catch (error) {
      return showEdit(context, { typed: form, errors: fieldErrors(error, "config") });
    }
  }

  async function toggle(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const { active } = await useCases.targets.get(of);
    const wanted = wantedActive(await context.form(), active);
    const target = await useCases.targets.setActive({ ...of, active: wanted });
    const now = wanted ? "is enabled: its waiting deliveries are sent" : "is disabled: it gets no new events";
    return backTo(context, target, `Target “${target.name}” ${now}.`);
  }

  async function askToDelete(context: PageContext): Promise<Response> {
    const { webhook, target } = await own(context);
    const state = await readWebhookState(deps, webhook);
    return renderPage(DeleteTargetPage({ viewer: context.viewer, state, target }));
  }

  async function remove(context: PageContext): Promise<Response> {
    const of = targetIds(context);
    const target = await useCases.targets.get(of);
    await useCases.targets.remove(of);
    return backTo(
      context,
      target,
      `Target “${target.name}” was deleted. Its pending deliveries are discarded.`,
    );
  }

  return [
    page(
      "/source/:id/targets/new",
      (context) => showNew(context, typeToShow(context.query.get("type"))),
      "editor",
    ),
    action("/source/:id/targets", create),
    page("/source/:id/targets/:targetId/edit", (context) => showEdit(context), "editor"),
    configures("target", action("/source/:id/targets/:targetId/edit", update), { trialField: TRY_FIELD }),
    configures("target", action("/source/:id/targets/:targetId/toggle", toggle)),
    page("/source/:id/targets/:targetId/delete", askToDelete, "editor"),
    configures("target", action("/source/:id/targets/:targetId/delete", remove)),
  ];
}
