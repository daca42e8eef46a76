/** Routes of webhooks: list, create, show, edit settings. */
import { isId } from "../../lib/ids.ts";
import { webhookSettingsFields } from "../../settings/webhook-settings.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { readChartRange } from "../components/chart/ranges.tsx";
import { findPath } from "../find/paths.ts";
import { readFields, wordErrors } from "../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { action, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { readerZone } from "../time/reader-zone.ts";
import { spansOf } from "../time/spans.ts";
import type { ChosenActivity } from "./activity-card.tsx";
import { readChoice, SHORT_LIST } from "./chosen-rows.ts";
import type { SourcesDeps } from "./deps.ts";
import { listEmptyPlaces } from "./entrypoints/empty-places.tsx";
import { countRejected } from "./entrypoints/rejected-counts.ts";
import { listSuggestions } from "./entrypoints/suggestions.ts";
import { ListPage } from "./list-views.tsx";
import { chooseWebhooks } from "./many-webhooks.tsx";
import { LIST_PATH, NEW_PATH, webhookPath } from "./paths.ts";
import { TARGETS_PREFIX } from "./targets/target-rows.tsx";
import { EditWebhookPage, NewWebhookPage } from "./webhook-form-views.tsx";
import { SourcePage } from "./webhook-page.tsx";
import { readWebhookState, readWebhookStates } from "./webhook-state.ts";

/** A form that comes back with its errors. */
type Returned = Readonly<{ typed: FormInput; errors: FieldErrors }>;

export function createWebhookRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, config, clock } = deps;
  const fields = webhookSettingsFields(config);

  function readInput(form: FormInput): Record<string, unknown> {
    return { name: form.name ?? "", ...readFields(fields, form) };
  }

  function own({ viewer, params }: PageContext): Promise<Webhook> {
    return useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
  }

  function returned(typed: FormInput, error: unknown): Returned {
    return { typed, errors: wordErrors(fields, typed, fieldErrors(error)) };
  }

  async function list({ viewer, flash, query }: PageContext): Promise<Response> {
    const choice = readChoice(query);
    if (isId(choice.search.toLowerCase())) return redirect(findPath(choice.search));
    const { baseUrl } = config;
    const userId = viewer.id;
    if (deps.webhookGlances.count({ userId }) <= SHORT_LIST) {
      const states = await readWebhookStates(deps, await useCases.webhooks.list({ userId }));
      return renderPage(ListPage({ viewer, flash, states, many: null, baseUrl }));
    }
    const many = chooseWebhooks(await deps.webhookGlances.read({ userId }), {
      choice,
      refusals: deps.refusals,
    });
    return renderPage(ListPage({ viewer, flash, states: [], many, baseUrl }));
  }

  function showNew({ viewer }: PageContext, wrong?: Returned): Promise<Response> {
    const { typed, errors = NO_ERRORS } = wrong ?? {};
    return renderPage(NewWebhookPage({ viewer, fields, typed, errors }), { status: wrong ? 422 : 200 });
  }

  async function create(context: PageContext): Promise<Response> {
    const form = await context.form();
    const userId = context.viewer.id;
    try {
      const webhook = await useCases.webhooks.create({ userId, input: readInput(form) });
      await useCases.entrypoints.create({ userId, webhookId: webhook.id, input: {} });
      return redirect(webhookPath(webhook.id), { tone: "ok", text: `Webhook “${webhook.name}” is ready.` });
    } catch (error) {
      return showNew(context, returned(form, error));
    }
  }

  async function showOne(context: PageContext): Promise<Response> {
    const { viewer, flash, sessionId, query } = context;
    const read = await readWebhookState(deps, await own(context));
    // Read again, because the event file may just have been found missing.
    const state = { ...read, webhook: await own(context) };
    const isUsable = state.file.fault === null;
    const growth = isUsable ? await deps.events.growth(state.webhook.id) : null;
    const activity = isUsable ? await readActivity(context, state.webhook.id) : null;
    const targetTypes = deps.targetTypes.list();
    const secret = deps.reveals.take({ sessionId, key: query.get("made") });
    const signed = state.targets.find(({ id }) => id === query.get("target"));
    const newSecret = secret === null ? null : { secret, of: signed?.name ?? "the target" };
    const imported = deps.reveals.take({ sessionId, key: query.get("imported") })?.split("\n") ?? [];
    const { providers } = deps;
    const suggestions = await listSuggestions(deps, state);
    const rejected = await countRejected(deps, state.entrypoints);
    const emptyPlaces = await listEmptyPlaces(deps, state);
    return renderPage(
      SourcePage({
        newSecret,
        viewer,
        flash,
        state,
        growth,
        activity,
        config,
        targetTypes,
        providers,
        suggestions,
        rejected,
        imported,
        emptyPlaces,
        targetChoice: readChoice(query, TARGETS_PREFIX),
      }),
    );
  }

  async function readActivity({ query, request }: PageContext, webhookId: string): Promise<ChosenActivity> {
    const range = readChartRange(query.get("range"));
    const zone = readerZone(request);
    const spans = spansOf(range, { now: clock.now(), zone });
    return { range, zone, spans, activity: await deps.events.activity(webhookId, spans) };
  }

  async function showEdit(context: PageContext, wrong?: Returned): Promise<Response> {
    const { typed, errors = NO_ERRORS } = wrong ?? {};
    const webhook = await own(context);
    const { viewer } = context;
    const markup = EditWebhookPage({ viewer, webhook, fields, typed, errors });
    return renderPage(markup, { status: wrong ? 422 : 200 });
  }

  async function update(context: PageContext): Promise<Response> {
    const form = await context.form();
    const webhook = await own(context);
    try {
      const input = readInput(form);
      await useCases.webhooks.update({ userId: webhook.userId, webhookId: webhook.id, input });
    } catch (error) {
      return showEdit(context, returned(form, error));
    }
    return redirect(webhookPath(webhook.id), { tone: "ok", text: "Settings saved." });
  }

  async function dismissLoss({ viewer, params }: PageContext): Promise<Response> {
    const of = { userId: viewer.id, webhookId: params.id ?? "" };
    const { id } = await useCases.webhooks.update({ ...of, input: { events_lost_at: null } });
    return redirect(webhookPath(id), { tone: "ok", text: "The warning is dismissed." });
  }

  return [
    page(LIST_PATH, list),
    page(NEW_PATH, (context) => showNew(context)),
    action(NEW_PATH, create),
    page("/source/:id", showOne),
    page("/source/:id/edit", (context) => showEdit(context)),
    action("/source/:id/edit", update),
    action("/source/:id/lost-events/dismiss", dismissLoss),
  ];
}
