/** The form of a new API key. */
import { Html } from "@elysiajs/html";
import { SCOPES } from "../../auth/scopes.ts";
import { Button } from "../components/button.tsx";
import { SelectField, TextField } from "../components/field-row.tsx";
import { CheckboxField, FormFields } from "../components/form-fields.tsx";
import { ManualLink } from "../components/manual-link.tsx";
import { type FieldErrors, type FormInput, NO_ERRORS } from "../forms.ts";
import { attribute } from "../render.ts";
import { LIFETIMES, SOME_SCOPES, scopeField } from "./key-form.ts";

export type KeyFormProps = Readonly<{
  /** Where it is posted to. */
  action: string;
  errors: FieldErrors;
  typed: FormInput;
}>;

const PREFIX = "key-";
const ACCESS = [
  { value: "", label: "everything that its user may do" },
  { value: SOME_SCOPES, label: "only the scopes ticked below" },
];

export function KeyForm({ action, errors, typed }: KeyFormProps): JSX.Element {
  const isLimited = [typed.access, typed.webhooks, typed.expires].some(Boolean);
  return (
    <form class="form card-bar" method="post" action={attribute(action)}>
      <TextField
        name="name"
        label="Name of the new key"
        placeholder="deploy script"
        value={typed.name ?? ""}
        error={errors.name}
        maxlength={200}
        required
        idPrefix={PREFIX}
      />
      <details class="more" open={isLimited || Object.keys(errors).some((name) => name !== "name")}>
        <summary>Limits: scopes, webhooks, expiry</summary>
        <ManualLink to="api#api-keys" />
        <SelectField
          name="access"
          label="May do"
          value={typed.access ?? ""}
          options={ACCESS}
          error={errors.scopes}
          idPrefix={PREFIX}
        />
        <fieldset class="field">
          <legend>Scopes</legend>
          {SCOPES.map(({ name, meaning }) => (
            <CheckboxField
              name={scopeField(name)}
              label={name}
              help={`${meaning}.`}
              error={undefined}
              idPrefix={PREFIX}
              checked={typed[scopeField(name)] !== undefined}
            />
          ))}
        </fieldset>
        <FormFields
          fields={[
            {
              name: "webhooks",
              label: "Only these webhooks",
              kind: "list",
              help: "One name or id per line. Empty: all webhooks, also future ones.",
            },
          ]}
          typed={typed}
          errors={errors.webhook_ids === undefined ? NO_ERRORS : { webhooks: errors.webhook_ids }}
          prefix={PREFIX}
        />
        <SelectField
          name="expires"
          label="Expires"
          value={typed.expires ?? ""}
          options={LIFETIMES}
          error={errors.expires_at}
          idPrefix={PREFIX}
        />
      </details>
      <div class="form-actions">
        <Button icon="plus" label="Create key" />
      </div>
    </form>
  );
}
