/** Pages of a portal: its targets and events, and a target's form. */
import { Html } from "@elysiajs/html";
import type { FormField } from "../../settings/form-field.ts";
import type { EventSummary } from "../../storage/event-db/types.ts";
import type { TargetType } from "../../targets/target-type.ts";
import type { Target } from "../../webhooks/targets.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../components/card.tsx";
import { FormFields } from "../components/form-fields.tsx";
import { CopyLine, Time } from "../components/values.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { SeenVersion } from "../managed/seen-version.tsx";
import { attribute } from "../render.ts";
import { FormFaults } from "../webhooks/form-faults.tsx";
import { TargetTypeChoice } from "../webhooks/targets/target-type-choice.tsx";
import { type PortalFrame, PortalLayout } from "./layout.tsx";
import { portalEventPath, portalPath, portalTargetPath } from "./paths.ts";

type Framed = Readonly<{ frame: PortalFrame }>;

export function PortalHomePage(
  props: Framed & Readonly<{ targets: readonly Target[]; events: readonly EventSummary[] }>,
): JSX.Element {
  const { frame, targets, events } = props;
  const { linkId } = frame;
  return (
    <PortalLayout title="Overview" frame={frame} isHome>
      <PageHeader title="Webhooks" lead="Where events are sent, and what became of them.">
        <Button
          kind="primary"
          icon="plus"
          label="Add target"
          href={attribute(`${portalPath(linkId)}/targets/new`)}
        />
      </PageHeader>
      <div class="stack">
        <Card flush title="Targets">
          {targets.length === 0 ? (
            <EmptyState title="No targets yet" text="Add the URL that events are sent to." />
          ) : (
            <DataTable caption="Targets" stack columns={["Name", "Destination", "State"]}>
              {targets.map((target) => (
                <tr>
                  <td>
                    <a href={attribute(portalTargetPath(linkId, target.id))} safe>
                      {target.name}
                    </a>
                  </td>
                  <td data-label="Destination" safe>
                    {target.summary}
                  </td>
                  <td data-label="State">
                    <TargetState target={target} />
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </Card>
        <EventsCard linkId={linkId} events={events} />
      </div>
    </PortalLayout>
  );
}

function TargetState({ target }: { target: Target }): JSX.Element {
  if (!target.active)
    return <Badge tone={target.deactivatedReason === null ? "idle" : "bad"} label="disabled" />;
  return target.pausedAt === null ? (
    <Badge tone="ok" label="enabled" />
  ) : (
    <Badge tone="warn" label="paused" />
  );
}

function EventsCard({ linkId, events }: { linkId: string; events: readonly EventSummary[] }): JSX.Element {
  return (
    <Card flush title="Latest events">
      {events.length === 0 ? (
        <EmptyState title="No events yet" />
      ) : (
        <DataTable caption="Latest events" stack columns={["Type", "Received"]}>
          {events.map((event) => (
            <tr>
              <td>
                <a href={attribute(portalEventPath(linkId, event.id))} safe>
                  {event.type ?? "event"}
                </a>
              </td>
              <td data-label="Received">
                <Time at={event.receivedAt} />
              </td>
            </tr>
          ))}
        </DataTable>
      )}
    </Card>
  );
}

type FormProps = Framed &
  Readonly<{
    type: TargetType;
    fields: readonly FormField[];
    typed: FormInput | undefined;
    errors: FieldErrors;
  }>;

export function PortalNewTargetPage(
  props: FormProps & Readonly<{ types: readonly TargetType[] }>,
): JSX.Element {
  const { frame, type, types } = props;
  const path = `${portalPath(frame.linkId)}/targets`;
  return (
    <PortalLayout title="Add target" frame={frame}>
      <section class="card card-narrow">
        <h1>Add target</h1>
        {types.length > 1 && <TargetTypeChoice path={`${path}/new`} type={type} types={types} />}
        <form class="form" method="post" action={attribute(path)}>
          <input type="hidden" name="type" value={attribute(type.type)} />
          <Fields {...props} values={{}} />
          <div class="form-actions">
            <Button kind="primary" label="Add target" />
            <Button label="Cancel" href={attribute(portalPath(frame.linkId))} />
          </div>
        </form>
      </section>
    </PortalLayout>
  );
}

function Fields(props: FormProps & Readonly<{ values: Readonly<Record<string, unknown>> }>): JSX.Element {
  const { fields, values, typed, errors } = props;
  return (
    <>
      <FormFaults errors={errors} shown={fields.map(({ name }) => name)} />
      <FormFields fields={fields} values={values} typed={typed} errors={errors} />
    </>
  );
}

export function PortalTargetPage(
  props: FormProps & Readonly<{ target: Target; newSecret: string | null; events: readonly EventSummary[] }>,
): JSX.Element {
  const { frame, target, newSecret, events } = props;
  const path = portalTargetPath(frame.linkId, target.id);
  const values = { ...target.config, name: target.name, event_types: target.policy.event_types };
  return (
    <PortalLayout title={target.name} frame={frame}>
      <PageHeader title={target.name} badge={<TargetState target={target} />}>
        <ActionButton action={`${path}/test`} label="Send test event" />
        <ActionButton
          action={`${path}/toggle`}
          fields={{ active: String(!target.active) }}
          label={target.active ? "Disable" : "Enable"}
        />
      </PageHeader>
      <div class="stack">
        {newSecret !== null && (
          <Card
            title="Signing secret"
            lead="Requests are signed with it, as Standard Webhooks describes. It is not shown again."
          >
            <CopyLine text={newSecret} />
          </Card>
        )}
        {target.deactivatedReason !== null && <p safe>{target.deactivatedReason}</p>}
        <Card title="Settings">
          <form class="form" method="post" action={attribute(path)}>
            <SeenVersion of={target} typed={props.typed} />
            <Fields {...props} values={values} />
            <div class="form-actions">
              <Button kind="primary" label="Save" />
              <Button kind="danger" label="Delete…" href={attribute(`${path}/delete`)} />
            </div>
          </form>
        </Card>
        {props.type.signs === true && (
          <Card title="Signing" lead="A new secret; the one before is valid for another day.">
            <ActionButton action={`${path}/rotate`} label="Rotate secret" />
          </Card>
        )}
        <EventsCard linkId={frame.linkId} events={events} />
      </div>
    </PortalLayout>
  );
}

export function PortalDeletePage({ frame, target }: Framed & Readonly<{ target: Target }>): JSX.Element {
  const path = portalTargetPath(frame.linkId, target.id);
  return (
    <PortalLayout title="Delete target" frame={frame}>
      <section class="card card-narrow">
        <h1 safe>{`Delete ${target.name}?`}</h1>
        <p>Its pending deliveries are discarded.</p>
        <form class="form-actions" method="post" action={attribute(`${path}/delete`)}>
          <Button kind="danger" label="Delete target" />
          <Button label="Cancel" href={attribute(path)} />
        </form>
      </section>
    </PortalLayout>
  );
}
