/** Pages of the catalogue: the event types that a user publishes, and the form of one. */
import { Html } from "@elysiajs/html";
import type { FormField } from "../../settings/form-field.ts";
import type {
  CatalogueSettings,
  EventTypeSummary,
  PublishCheck,
} from "../../storage/main-db/catalogue/event-types.ts";
import type { EventType } from "../../webhooks/catalogue/event-type-json.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../components/card.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import { SelectField } from "../components/field-row.tsx";
import { FormFields } from "../components/form-fields.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { ManagedBadge, ManagedNote } from "../managed/managed-views.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { FormFaults } from "../webhooks/form-faults.tsx";
import { EVENT_TYPES_CRUMB, EVENT_TYPES_PATH, eventTypePath } from "./paths.ts";

const CHECKS: readonly Readonly<{ value: PublishCheck; label: string }>[] = [
  { value: "off", label: "nothing" },
  { value: "types", label: "types that are not listed here" },
  { value: "schemas", label: "types that are not listed here, and what does not fit a schema" },
];

export function EventTypesPage(props: {
  viewer: Viewer;
  flash: Flash | null;
  types: readonly EventTypeSummary[];
  settings: CatalogueSettings;
}): JSX.Element {
  const { viewer, flash, types, settings } = props;
  const isManaged = [settings, ...types].some(({ managedBy }) => managedBy !== null);
  return (
    <Layout title="Event types" viewer={viewer} section="sources" flash={flash}>
      <PageHeader
        title="Event types"
        lead="Types of events that programs publish to your webhooks. Targets choose from these names."
        manual="publishing#event-types"
      >
        <Button kind="primary" icon="plus" label="New event type" href={`${EVENT_TYPES_PATH}/new`} />
      </PageHeader>
      <div class="stack">
        <Card title="Refuse when it is published">
          <div class="card-parts">
            <ManagedNote of={{ ...settings, key: null }} what="setting" />
            <form class="form-inline" method="post" action={`${EVENT_TYPES_PATH}/settings`}>
              <SelectField name="check" label="Refuse" value={settings.check} options={CHECKS} />
              <Button label="Save" describe="Save what is refused" />
            </form>
          </div>
        </Card>
        <Card flush>
          {types.length === 0 ? (
            <EmptyState title="No event types yet" text="Add those that your product publishes." />
          ) : (
            <DataTable caption="Event types" stack columns={["Name", "Description", "Has"]}>
              {types.map((type) => (
                <Row type={type} />
              ))}
            </DataTable>
          )}
        </Card>
        {isManaged && (
          <section class="card card-row">
            <div>
              <h2>Configuration file</h2>
              <p class="muted">
                A file manages event types. If there is no such file any more, end that: nothing else changes.
              </p>
            </div>
            <ActionButton
              label="Stop managing"
              describe="Stop managing event types by a file"
              action={`${EVENT_TYPES_PATH}/unmanage`}
            />
          </section>
        )}
      </div>
    </Layout>
  );
}

function Row({ type }: { type: EventTypeSummary }): JSX.Element {
  return (
    <tr>
      <td>
        <a href={attribute(eventTypePath(type.id))}>
          <code safe>{type.name}</code>
        </a>{" "}
        <ManagedBadge of={{ ...type, key: type.name }} />
      </td>
      <td data-label={type.description === "" ? undefined : "Description"} safe>
        {type.description}
      </td>
      <td data-label={type.hasSchema || type.hasExample ? "Has" : undefined}>
        {type.hasSchema && <Badge tone="idle" label="schema" />}{" "}
        {type.hasExample && <Badge tone="idle" label="example" />}
      </td>
    </tr>
  );
}

export function EventTypePage(props: {
  viewer: Viewer;
  flash: Flash | null;
  /** Null: a new one. */
  type: EventType | null;
  fields: readonly FormField[];
  typed: FormInput | undefined;
  errors: FieldErrors;
}): JSX.Element {
  const { viewer, flash, type, fields, typed, errors } = props;
  const title = type === null ? "New event type" : type.name;
  return (
    <Layout title={title} viewer={viewer} section="sources" flash={flash} crumbs={[EVENT_TYPES_CRUMB]}>
      <section class="card card-narrow">
        <h1 safe>{title}</h1>
        {type !== null && <ManagedNote of={{ ...type, key: type.name }} what="event type" />}
        <form
          class="form"
          method="post"
          action={attribute(type === null ? EVENT_TYPES_PATH : eventTypePath(type.id))}
        >
          <FormFaults errors={errors} shown={fields.map(({ name }) => name)} />
          <FormFields fields={fields} values={type ? { ...type } : {}} typed={typed} errors={errors} />
          <div class="form-actions">
            <Button kind="primary" label={type === null ? "Add event type" : "Save"} />
            <Button label="Cancel" href={EVENT_TYPES_PATH} />
          </div>
        </form>
      </section>
      {type !== null && (
        <section class="card card-narrow card-row">
          <div>
            <h2>Delete this event type</h2>
            <p class="muted">Stored events keep their type.</p>
          </div>
          <Button
            kind="danger"
            icon="trash"
            label="Delete…"
            describe="Delete this event type"
            href={`${eventTypePath(type.id)}/delete`}
          />
        </section>
      )}
    </Layout>
  );
}

export function DeleteEventTypePage({ viewer, type }: { viewer: Viewer; type: EventType }): JSX.Element {
  return (
    <ConfirmPage
      title={`Delete the event type ${type.name}?`}
      viewer={viewer}
      section="sources"
      crumbs={[EVENT_TYPES_CRUMB]}
      action={`${eventTypePath(type.id)}/delete`}
      confirmLabel="Delete event type"
      cancelHref={eventTypePath(type.id)}
    >
      <p>Programs that publish it may be refused afterwards. Stored events keep their type.</p>
    </ConfirmPage>
  );
}
