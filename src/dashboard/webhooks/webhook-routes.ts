/** Routes of webhooks: list, create, show, edit settings. */
import { isId } from "../../lib/ids.ts";
import { webhookSettingsFields } from "../../settings/webhook-settings.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { readChartRange } from "../components/chart/ranges.tsx";
import { findPath } from "../find/paths.ts";
import { readFields, wordErrors } from "../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { partsOf, withLiveState } from "../live/live-parts.tsx";
import { action, configures, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { readerZone } from "../time/reader-zone.ts";
import { spansOf } from "../time/spans.ts";
import type { ChosenActivity } from "./activity-card.tsx";
import { readChoice, SHORT_LIST } from "./chosen-rows.ts";
import type { SourcesDeps } from "./deps.ts";
import { listEmptyPlaces } from "./entrypoints/empty-places.tsx";
import { countRejected } from "./entrypoints/rejected-counts.ts";
import { listSuggestions } from "./entrypoints/suggestions.ts";
import { isBeginning } from "./first-steps.tsx";
import { ListPage } from "./list-views.tsx";
import { chooseWebhooks } from "./many-webhooks.tsx";
import { LIST_PATH, liveListPath, liveWebhookPath, NEW_PATH, webhookPath } from "./paths.ts";
import { TARGETS_PREFIX } from "./targets/target-rows.tsx";
import { EditWebhookPage, NewWebhookPage } from "./webhook-form-views.tsx";
import { SourcePage } from "./webhook-page.tsx";
import { readWebhookState, readWebhookStates, type WebhookState } from "./webhook-state.ts";

/** Changes are drawn together: each reads the event files again. */
const PAGE_GATHER_MS = 1_000;
const LIST_GATHER_MS = 2_000;

/** A form that comes back with its errors. */
type Returned = Readonly<{ typed: FormInput; errors: FieldErrors }>;

export function createWebhookRoutes(deps: SourcesDeps): readonly PageRoute[] {
  const { useCases, config, clock, live } = deps;
  const fields = webhookSettingsFields(config);

  function readInput(form: FormInput): Record<string, unknown> {
    const externalId = form.external_id?.trim() ?? "";
    return {
      name: form.name ?? "",
      external_id: externalId === "" ? null : externalId,
      ...readFields(fields, form),
    };
  }

  function own({ viewer, params }: PageContext): Promise<Webhook> {
    return useCases.webhooks.get({ userId: viewer.id, webhookId: params.id ?? "" });
  }

  function returned(typed: FormInput, error: unknown): Returned {
    return { typed, errors: wordErrors(fields, typed, fieldErrors(error)) };
  }

  async function drawList({ viewer, flash, query }: PageContext): Promise<string> {
    const { baseUrl } = config;
    const userId = viewer.id;
    if (deps.webhookGlances.count({ userId }) <= SHORT_LIST) {
      const states = await readWebhookStates(deps, await useCases.webhooks.list({ userId }));
      const live = { src: liveListPath(query), href: LIST_PATH };
      return String(await ListPage({ viewer, flash, states, many: null, baseUrl, live }));
    }
    const many = chooseWebhooks(await deps.webhookGlances.read({ userId }), {
      choice: readChoice(query),
      refusals: deps.refusals,
    });
    return String(await ListPage({ viewer, flash, states: [], many, baseUrl, live: null }));
  }

  async function list(context: PageContext): Promise<Response> {
    const { search } = readChoice(context.query);
    if (isId(search.toLowerCase())) return redirect(findPath(search));
    return renderPage(withLiveState(await drawList(context)));
  }

  /** Follows the events and refused requests of all the user's webhooks, and changes of their settings. */
  async function streamList(context: PageContext): Promise<Response> {
    const all = await useCases.webhooks.list({ userId: context.viewer.id });
    return live.open(context, {
      readParts: async () => partsOf(await drawList({ ...context, flash: null })),
      subscribe(listener) {
        const ends = [
          deps.routing.onInvalidate(listener),
          ...all.map(({ id }) => deps.events.onRecorded(id, listener)),
          ...all.map(({ id }) => deps.refusals.onRefused(id, listener)),
        ];
        return () => {
          for (const end of ends) end();
        };
      },
      gatherMs: LIST_GATHER_MS,
    });
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
    const { sessionId, query } = context;
    const secret = deps.reveals.take({ sessionId, key: query.get("made") });
    const imported = deps.reveals.take({ sessionId, key: query.get("imported") })?.split("\n") ?? [];
    return renderPage(withLiveState(await drawOne(context, { secret, imported })));
  }

  async function drawOne(
    context: PageContext,
    shown: { secret: string | null; imported: readonly string[]; keepsSteps?: boolean },
  ): Promise<string> {
    const { viewer, flash, query } = context;
    const { secret, imported } = shown;
    const read = await readWebhookState(deps, await own(context));
    // Read again, because the event file may just have been found missing.
    const state = { ...read, webhook: await own(context) };
    const isUsable = state.file.fault === null;
    const signed = state.targets.find(({ id }) => id === query.get("target"));
    return String(
      await SourcePage({
        newSecret: secret === null ? null : { secret, of: signed?.name ?? "the target" },
        viewer,
        flash,
        state,
        growth: isUsable ? await deps.events.growth(state.webhook.id) : null,
        activity: isUsable ? await readActivity(context, state.webhook.id) : null,
        config,
        targetTypes: deps.targetTypes.list(),
        providers: deps.providers,
        suggestions: await listSuggestions(deps, state),
        rejected: await countRejected(deps, state.entrypoints),
        imported,
        targetChoice: readChoice(query, TARGETS_PREFIX),
        emptyPlaces: await listEmptyPlaces(deps, state),
        live: addressesOf(state, query),
        keepsSteps: shown.keepsSteps ?? false,
      }),
    );
  }

  /** A page that shows the first steps keeps them when they are done, to say so. */
  function addressesOf({ webhook, ...state }: WebhookState, query: URLSearchParams) {
    const { file } = state;
    const asked = new URLSearchParams(query);
    for (const name of ["made", "imported", "target", "state", "steps"]) asked.delete(name);
    const href = `${webhookPath(webhook.id)}?${asked}`;
    if (file.fault === null && isBeginning({ webhook, ...state }, file)) asked.set("steps", "1");
    return { src: liveWebhookPath(webhook.id, asked), href };
  }

  async function streamOne(context: PageContext): Promise<Response> {
    const { id } = await own(context);
    const keepsSteps = context.query.get("steps") === "1";
    const shown = { secret: null, imported: [], keepsSteps };
    return live.open(context, {
      readParts: async () => partsOf(await drawOne({ ...context, flash: null }, shown)),
      subscribe(listener) {
        const ends = [
          deps.events.onRecorded(id, listener),
          deps.refusals.onRefused(id, listener),
          deps.routing.onInvalidate((webhookId) => {
            if (webhookId === id) listener();
          }),
        ];
        return () => {
          for (const end of ends) end();
        };
      },
      gatherMs: PAGE_GATHER_MS,
    });
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

  async function unmanage({ viewer, params }: PageContext): Promise<Response> {
    const of = { userId: viewer.id, webhookId: params.id ?? "" };
    await useCases.unmanage(of);
    return redirect(webhookPath(of.webhookId), {
      tone: "ok",
      text: "No file manages this webhook any more.",
    });
  }

  return [
    page(LIST_PATH, list),
    page(`${LIST_PATH}/live`, streamList),
    page(NEW_PATH, (context) => showNew(context)),
    action(NEW_PATH, create),
    page("/source/:id", showOne),
    page("/source/:id/live", streamOne),
    page("/source/:id/edit", (context) => showEdit(context), "editor"),
    configures("webhook", action("/source/:id/edit", update)),
    action("/source/:id/lost-events/dismiss", dismissLoss),
    action("/source/:id/unmanage", unmanage),
  ];
}
