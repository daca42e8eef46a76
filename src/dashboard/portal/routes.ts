/** Routes of a portal: everything that its session can do. */
import { decodeShown } from "../../bodies/shown-text.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { FormField } from "../../settings/form-field.ts";
import { contentEncodingOf } from "../../storage/event-db/types.ts";
import { filterPolicyFields } from "../../targets/filter-policy.ts";
import type { TargetType } from "../../targets/target-type.ts";
import type { DashboardDeps } from "../deps.ts";
import { withTypeNames } from "../event-types/type-names.ts";
import { readFields } from "../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { isOutdated, SEEN_FIELD, versionOf } from "../managed/seen-version.tsx";
import { renderPage } from "../render.ts";
import type { Reveals } from "../reveals.ts";
import { wantsEverything } from "../webhooks/targets/section-notes.ts";
import { PortalEventPage } from "./event-view.tsx";
import { type PortalContext, type PortalRoute, redirectTo } from "./guard.ts";
import { portalEventPath, portalPath, portalTargetPath } from "./paths.ts";
import { themeOf } from "./theme.ts";
import { PortalDeletePage, PortalHomePage, PortalNewTargetPage, PortalTargetPage } from "./views.tsx";

const SHOWN_EVENTS = 25;
const SHOWN_BYTES = 64 * 1024;
const encoder = new TextEncoder();
const CHANGED_MEANWHILE =
  "These settings have been changed since you opened the page. Save again to replace them by what is here.";

type Deps = Pick<DashboardDeps, "useCases" | "events" | "replay" | "publish" | "targetTypes"> &
  Readonly<{ reveals: Reveals }>;
type Returned = Readonly<{ typed: FormInput; errors: FieldErrors }>;

export function createPortalRoutes(deps: Deps): readonly PortalRoute[] {
  const { targets } = deps.useCases;
  const { events, targetTypes, reveals } = deps;

  const ofTarget = ({ asker, params }: PortalContext) => ({ ...asker, targetId: params.targetId ?? "" });

  function typesOf({ asker }: PortalContext): readonly TargetType[] {
    return targetTypes.list().filter(({ type }) => asker.portal.targetTypes.includes(type));
  }

  /** The session's reveals are nobody else's. */
  const revealsOf = ({ linkId }: PortalContext) => `portal:${linkId}`;

  async function latest({ asker, signal }: PortalContext, targetId?: string) {
    const filter = targetId === undefined ? {} : { targetId };
    const asked = { limit: SHOWN_EVENTS, cursor: null, filter, signal, asker: asker.userId };
    return (await events.searchEvents(asker.webhookId, asked)).events;
  }

  async function home(context: PortalContext): Promise<Response> {
    const [list, found] = await Promise.all([targets.list(context.asker), latest(context)]);
    return renderPage(PortalHomePage({ frame: context.frame, targets: list, events: found }));
  }

  async function showNew(
    context: PortalContext,
    asked: string | null,
    returned?: Returned,
  ): Promise<Response> {
    const types = typesOf(context);
    const type = types.find((each) => each.type === asked) ?? types[0];
    if (type === undefined) throw notFound("target type");
    const { typed, errors = NO_ERRORS } = returned ?? {};
    const { frame } = context;
    const fields = withTypeNames(fieldsOf(type), await context.typeNames());
    const markup = PortalNewTargetPage({ frame, type, types, fields, typed, errors });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function create(context: PortalContext): Promise<Response> {
    const { asker, linkId } = context;
    const form = await context.form();
    const type = typesOf(context).find((each) => each.type === form.type);
    if (type === undefined) throw notFound("target type");
    try {
      const input = { ...readInput(type, form), type: type.type };
      const { id, policy, signingSecret } = await targets.create({ ...asker, input });
      const done = wantsEverything(policy) ? "added" : "added-some";
      return redirectTo(portalTargetPath(linkId, id), done, keep(context, signingSecret));
    } catch (error) {
      return showNew(context, type.type, { typed: form, errors: fieldErrors(error, "config") });
    }
  }

  function keep(context: PortalContext, secret: string | undefined): string | null {
    return secret === undefined ? null : reveals.keep({ sessionId: revealsOf(context), text: secret });
  }

  async function showOne(context: PortalContext, returned?: Returned): Promise<Response> {
    const target = await targets.get(ofTarget(context));
    const type = targetTypes.get(target.type);
    const { typed, errors = NO_ERRORS } = returned ?? {};
    const { frame, query } = context;
    const markup = PortalTargetPage({
      frame,
      target,
      type,
      fields: withTypeNames(fieldsOf(type), await context.typeNames()),
      typed,
      errors,
      newSecret: reveals.take({ sessionId: revealsOf(context), key: query.get("made") }),
      events: await latest(context, target.id),
    });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function update(context: PortalContext): Promise<Response> {
    const of = ofTarget(context);
    const target = await targets.get(of);
    const { [SEEN_FIELD]: seen, ...form } = await context.form();
    if (isOutdated(seen, versionOf(target))) {
      return showOne(context, { typed: form, errors: { "": CHANGED_MEANWHILE } });
    }
    try {
      const input = readInput(targetTypes.get(target.type), form, target.config);
      await targets.update({ ...of, input });
      return redirectTo(portalTargetPath(context.linkId, target.id), "saved");
    } catch (error) {
      return showOne(context, { typed: form, errors: fieldErrors(error, "config") });
    }
  }

  async function toggle(context: PortalContext): Promise<Response> {
    const active = (await context.form()).active === "true";
    const { id } = await targets.setActive({ ...ofTarget(context), active });
    return redirectTo(portalTargetPath(context.linkId, id), active ? "enabled" : "disabled");
  }

  async function rotate(context: PortalContext): Promise<Response> {
    const { id, signingSecret } = await targets.rotateSigning({ ...ofTarget(context), input: {} });
    return redirectTo(portalTargetPath(context.linkId, id), "rotated", keep(context, signingSecret));
  }

  async function remove(context: PortalContext): Promise<Response> {
    await targets.remove(ofTarget(context));
    return redirectTo(portalPath(context.linkId), "deleted");
  }

  async function test(context: PortalContext): Promise<Response> {
    const { asker, linkId, remoteAddress } = context;
    const { id: targetId } = await targets.get(ofTarget(context));
    const json = encoder.encode('{"message":"This is a test event."}');
    const event = { type: "test", id: null, json, as: "data", key: null } as const;
    try {
      await deps.publish({ webhookId: asker.webhookId, events: [event], targetId, remoteAddress });
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== "conflict") throw error;
      return redirectTo(portalTargetPath(linkId, targetId), "off");
    }
    return redirectTo(portalTargetPath(linkId, targetId), "tested");
  }

  async function showEvent(context: PortalContext): Promise<Response> {
    const { asker, frame, params } = context;
    const { webhookId } = asker;
    const own = new Map((await targets.list(asker)).map((target) => [target.id, target]));
    const event = await events.findEvent(webhookId, params.eventId ?? "");
    if (event === null) throw notFound("event");
    const all = await events.listDeliveries(webhookId, event.id);
    const deliveries = all.flatMap((delivery) => {
      const target = own.get(delivery.targetId);
      return target === undefined ? [] : [{ delivery, target }];
    });
    const isPlain = event.bodySize <= SHOWN_BYTES && contentEncodingOf(event.headers) === "";
    const text = isPlain ? decodeShown(event.body, "utf-8", SHOWN_BYTES) : null;
    return renderPage(PortalEventPage({ frame, event, text, deliveries }));
  }

  async function replay(context: PortalContext): Promise<Response> {
    const { asker, linkId, params } = context;
    const { target_id: targetId = "" } = await context.form();
    const target = await targets.get({ ...asker, targetId });
    const eventId = params.eventId ?? "";
    await deps.replay({ webhookId: asker.webhookId, eventId, targetId: target.id });
    return redirectTo(portalEventPath(linkId, eventId), "replayed");
  }

  const get = (path: string, run: PortalRoute["run"]): PortalRoute => ({ method: "GET", path, run });
  const post = (path: string, run: PortalRoute["run"]): PortalRoute => ({ method: "POST", path, run });
  const one = "/targets/:targetId";
  return [
    get("", home),
    get("/theme.css", async ({ frame }) => {
      const headers = { "content-type": "text/css; charset=utf-8" };
      return new Response(themeOf(frame.settings.colour), { headers });
    }),
    get("/targets/new", (context) => showNew(context, context.query.get("type"))),
    post("/targets", create),
    get(one, (context) => showOne(context)),
    post(one, update),
    post(`${one}/toggle`, toggle),
    post(`${one}/rotate`, rotate),
    post(`${one}/test`, test),
    get(`${one}/delete`, async (context) => {
      const target = await targets.get(ofTarget(context));
      return renderPage(PortalDeletePage({ frame: context.frame, target }));
    }),
    post(`${one}/delete`, remove),
    get("/events/:eventId", showEvent),
    post("/events/:eventId/replay", replay),
  ];
}

/** The settings that a customer needs; those in sections keep what the webhook's members chose. */
function fieldsOf({ fields }: TargetType): readonly FormField[] {
  const name: FormField = {
    name: "name",
    label: "Name",
    kind: "text",
    required: true,
    placeholder: "Production",
  };
  const types = filterPolicyFields.filter((field) => field.name === "event_types");
  return [name, ...fields.filter(({ section }) => section === undefined), ...types];
}

function readInput(type: TargetType, form: FormInput, stored: Readonly<Record<string, unknown>> = {}) {
  const fields = fieldsOf(type);
  const { name: _name, event_types, ...config } = readFields(fields, form, stored);
  return {
    name: form.name ?? "",
    config: { ...stored, ...config },
    ...(event_types !== undefined && { event_types }),
  };
}
