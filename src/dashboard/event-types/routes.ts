/** Routes of the catalogue of event types. */
import type { FormField } from "../../settings/form-field.ts";
import type { WebhookUseCases } from "../../webhooks/use-cases.ts";
import { readFields } from "../form-values.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { action, configures, type PageContext, type PageRoute, page } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { EVENT_TYPES_PATH, eventTypePath } from "./paths.ts";
import { DeleteEventTypePage, EventTypePage, EventTypesPage } from "./views.tsx";

const FIELDS: readonly FormField[] = [
  { name: "name", label: "Name", kind: "text", required: true, placeholder: "invoice.paid" },
  { name: "description", label: "Description", kind: "textarea", help: "For the people who receive it." },
  {
    name: "schema",
    label: "JSON Schema",
    kind: "json",
    nullable: true,
    placeholder: '{ "type": "object", "required": ["invoice"] }',
    help: "JSON Schema of data, or of payload. Leave empty for any JSON.",
  },
  {
    name: "example",
    label: "Example",
    kind: "json",
    nullable: true,
    placeholder: '{ "invoice": 1042 }',
    help: "Offered as a sample where events are sent by hand.",
  },
];

type Returned = Readonly<{ typed: FormInput; errors: FieldErrors }>;

export function createEventTypeRoutes(deps: {
  useCases: Pick<WebhookUseCases, "eventTypes">;
}): readonly PageRoute[] {
  const { eventTypes } = deps.useCases;

  const key = ({ viewer, params }: PageContext) => ({ userId: viewer.id, id: params.typeId ?? "" });

  function readInput(form: FormInput) {
    return { ...readFields(FIELDS, form), name: form.name ?? "", description: form.description ?? "" };
  }

  async function list({ viewer, flash }: PageContext): Promise<Response> {
    const userId = viewer.id;
    const [types, settings] = await Promise.all([
      eventTypes.listSummaries({ userId }),
      eventTypes.settingsOf(userId),
    ]);
    return renderPage(EventTypesPage({ viewer, flash, types, settings }));
  }

  async function show(context: PageContext, isNew: boolean, returned?: Returned): Promise<Response> {
    const { viewer, flash } = context;
    const type = isNew ? null : await eventTypes.get(key(context));
    const { typed, errors = NO_ERRORS } = returned ?? {};
    const markup = EventTypePage({ viewer, flash, type, fields: FIELDS, typed, errors });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function save(context: PageContext, isNew: boolean): Promise<Response> {
    const form = await context.form();
    try {
      const input = readInput(form);
      const { name } = isNew
        ? await eventTypes.create({ userId: context.viewer.id, input })
        : await eventTypes.update({ ...key(context), input });
      return redirect(EVENT_TYPES_PATH, { tone: "ok", text: `Event type “${name}” was saved.` });
    } catch (error) {
      return show(context, isNew, { typed: form, errors: fieldErrors(error) });
    }
  }

  async function setCheck(context: PageContext): Promise<Response> {
    const { check } = await context.form();
    await eventTypes.setCheck({ userId: context.viewer.id, input: { check } });
    return redirect(EVENT_TYPES_PATH, { tone: "ok", text: "The setting was saved." });
  }

  async function remove(context: PageContext): Promise<Response> {
    const { name } = await eventTypes.get(key(context));
    await eventTypes.remove(key(context));
    return redirect(EVENT_TYPES_PATH, { tone: "ok", text: `Event type “${name}” was deleted.` });
  }

  async function unmanage({ viewer }: PageContext): Promise<Response> {
    await eventTypes.unmanage({ userId: viewer.id });
    return redirect(EVENT_TYPES_PATH, { tone: "ok", text: "No file manages your event types any more." });
  }

  const one = eventTypePath(":typeId");
  return [
    page(EVENT_TYPES_PATH, list),
    page(`${EVENT_TYPES_PATH}/new`, (context) => show(context, true)),
    action(EVENT_TYPES_PATH, (context) => save(context, true)),
    configures("event type settings", action(`${EVENT_TYPES_PATH}/settings`, setCheck)),
    action(`${EVENT_TYPES_PATH}/unmanage`, unmanage),
    page(one, (context) => show(context, false)),
    configures(
      "event type",
      action(one, (context) => save(context, false)),
    ),
    page(`${one}/delete`, async (context) =>
      renderPage(DeleteEventTypePage({ viewer: context.viewer, type: await eventTypes.get(key(context)) })),
    ),
    configures("event type", action(`${one}/delete`, remove)),
  ];
}
