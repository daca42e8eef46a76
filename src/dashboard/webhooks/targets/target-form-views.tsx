/** The forms that add and edit a target, drawn from its type's list of fields. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import { inSection } from "../../../settings/form-field.ts";
import type { FilterTrial } from "../../../storage/reader/filter-trial.ts";
import { deliveryPolicyFields, readPolicy } from "../../../targets/delivery-policy.ts";
import { filterPolicyFields } from "../../../targets/filter-policy.ts";
import type { TargetType } from "../../../targets/target-type.ts";
import type { TransformationTrial } from "../../../webhooks/target-trials/trial-tally.ts";
import type { Target } from "../../../webhooks/targets.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import type { CodePlace } from "../../components/code-place.ts";
import { TextField } from "../../components/field-row.tsx";
import { FieldSections } from "../../components/field-sections.tsx";
import { ManualLink } from "../../components/manual-link.tsx";
import { withTypeNames } from "../../event-types/type-names.ts";
import type { FieldErrors, FormInput } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import { ManagedNote } from "../../managed/managed-views.tsx";
import { SeenVersion } from "../../managed/seen-version.tsx";
import { TARGET_PARTS } from "../../manual/links.ts";
import { attribute } from "../../render.ts";
import { failedTransformationsPath } from "../../replays/paths.ts";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { FormFaults } from "../form-faults.tsx";
import { signingPath, targetPath, webhookPath } from "../paths.ts";
import { FilterTrialNotices } from "./filter-trial-view.tsx";
import { sectionNotes } from "./section-notes.ts";
import { signingFields, signingValues } from "./signing-form.ts";
import { TargetTypeChoice } from "./target-type-choice.tsx";
import { CODE, transformationFields, transformationValues } from "./transformation-form.ts";
import { TransformationTrialNotices } from "./transformation-trial-view.tsx";

type FormProps = Readonly<{
  viewer: Viewer;
  webhook: Webhook;
  type: TargetType;
  /** Typed values, if the form comes back with errors. */
  typed: FormInput | undefined;
  errors: FieldErrors;
  /** Names in the owner's catalogue of event types. */
  typeNames: readonly string[];
}>;

/** Name of the button that tries the form's filter and saves nothing. */
export const TRY_FIELD = "try";

export function NewTargetPage(props: FormProps & Readonly<{ types: readonly TargetType[] }>): JSX.Element {
  const { viewer, webhook, type, types } = props;
  const path = `${webhookPath(webhook.id)}/targets`;
  return (
    <Frame title="Add target" viewer={viewer} webhook={webhook}>
      <h1>Add target</h1>
      <TargetTypeChoice path={`${path}/new`} type={type} types={types} />
      <p class="muted" safe>
        {type.description}
      </p>
      <form class="form" method="post" action={path}>
        <input type="hidden" name="type" value={attribute(type.type)} />
        <Fields {...props} />
        <Submit label="Add target" webhook={webhook} />
      </form>
    </Frame>
  );
}

/** Outcome of the typed settings for stored events; the transformation is null if none was typed. */
export type TargetTrial = Readonly<{ filter: FilterTrial; transformation: TransformationTrial | null }>;

export function EditTargetPage(
  props: FormProps & Readonly<{ target: Target; trial: TargetTrial | null }>,
): JSX.Element {
  const { viewer, webhook, type, target, trial } = props;
  return (
    <Frame title={`Edit ${target.name}`} viewer={viewer} webhook={webhook}>
      <h1>Edit target</h1>
      <p class="muted" safe>
        {`${type.label}. ${type.description}`}
      </p>
      <ManagedNote of={target} what="target" />
      <form class="form" method="post" action={`${targetPath(target)}/edit`}>
        <SeenVersion of={target} typed={props.typed} />
        <Fields {...props} places={placesOf(trial)} />
        {trial !== null && <FilterTrialNotices trial={trial.filter} webhookId={webhook.id} />}
        {trial !== null && trial.transformation !== null && (
          <TransformationTrialNotices trial={trial.transformation} webhookId={webhook.id} />
        )}
        <Submit label="Save" webhook={webhook}>
          <Button label="Try on stored events" name={TRY_FIELD} value="filter" />
          {target.signing.scheme !== "none" && (
            <Button kind="quiet" label="View signing" href={signingPath(target)} />
          )}
        </Submit>
      </form>
      {target.transformation !== null && <FailedTransformations target={target} />}
      {target.active && <DisableTarget target={target} />}
    </Frame>
  );
}

function FailedTransformations({ target }: { target: Target }): JSX.Element {
  return (
    <div class="card-end">
      <p class="muted">
        Deliveries that failed because of the transformation are not retried. Replay them once the code is
        fixed.
      </p>
      <Button size="small" label="Replay failed transformations" href={failedTransformationsPath(target)} />
    </div>
  );
}

function DisableTarget({ target }: { target: Target }): JSX.Element {
  return (
    <div class="card-end">
      <p class="muted">
        A disabled target gets no new events. To keep them on hold for later, pause it instead.
      </p>
      <ActionButton
        size="small"
        label="Disable"
        describe={`Disable target ${target.name}`}
        action={`${targetPath(target)}/toggle`}
        fields={{ active: "false" }}
      />
    </div>
  );
}

function Frame(props: PropsWithChildren<{ title: string; viewer: Viewer; webhook: Webhook }>): JSX.Element {
  const { title, viewer, webhook, children } = props;
  return (
    <Layout title={title} viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <section class="card card-narrow">{children}</section>
    </Layout>
  );
}

/** Where the tried code failed first. */
function placesOf(trial: TargetTrial | null): Readonly<Record<string, CodePlace>> {
  for (const { run } of trial?.transformation?.listed ?? []) {
    if (run.kind !== "failed" || run.fault.line === undefined) continue;
    return { [CODE]: { line: run.fault.line, column: run.fault.column ?? 1 } };
  }
  return {};
}

/** Fields of a type are empty, off, or show their default as a placeholder. */
const NO_DEFAULTS = {};

type FieldsProps = FormProps & Readonly<{ target?: Target; places?: Readonly<Record<string, CodePlace>> }>;

function Fields({ type, typed, errors, places, target, typeNames }: FieldsProps): JSX.Element {
  const policy = target?.policy ?? readPolicy(type.policyDefaults);
  const fields = [
    ...inSection("Filter", withTypeNames(filterPolicyFields, typeNames)),
    ...(type.settlesAtIngest ? [] : transformationFields),
    ...(type.settlesAtIngest ? [] : deliveryPolicyFields),
    ...(type.signs === true ? signingFields : []),
    // Fields without a section are drawn first regardless.
    ...type.fields,
  ];
  const shown = fields.map(({ name }) => name);
  return (
    <>
      <ManualLink to="targets" />
      <FormFaults errors={errors} shown={["name", ...shown]} />
      <TextField
        name="name"
        label="Name"
        value={typed ? typed.name : target?.name}
        error={errors.name}
        placeholder="Warehouse"
        required
        maxlength={200}
        autofocus={target === undefined && typed === undefined}
      />
      <FieldSections
        fields={fields}
        values={{ ...target?.config, ...policy, ...signingValues(target), ...transformationValues(target) }}
        typed={typed}
        errors={errors}
        places={places}
        notes={sectionNotes(policy, target)}
        defaults={NO_DEFAULTS}
        manual={TARGET_PARTS}
      />
    </>
  );
}

function Submit(props: PropsWithChildren<{ label: string; webhook: Webhook }>): JSX.Element {
  return (
    <div class="form-actions">
      <Button kind="primary" label={props.label} />
      <Button label="Cancel" href={webhookPath(props.webhook.id)} />
      {props.children ?? ""}
    </div>
  );
}
