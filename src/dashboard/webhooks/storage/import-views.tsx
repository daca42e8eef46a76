/** The import form, and the notes on an imported webhook. */
import { Html } from "@elysiajs/html";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { FileField, TextField } from "../../components/field-row.tsx";
import { CheckboxField } from "../../components/form-fields.tsx";
import { ManualLink } from "../../components/manual-link.tsx";
import { type FieldErrors, type FormInput, NO_ERRORS } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import type { Viewer } from "../../viewer.ts";
import { LIST_CRUMB } from "../crumbs.ts";
import { FormFaults } from "../form-faults.tsx";
import { IMPORT_PATH, LIST_PATH } from "../paths.ts";

export function ImportPage(props: { viewer: Viewer; values?: FormInput; errors?: FieldErrors }): JSX.Element {
  const { viewer, values = {}, errors = NO_ERRORS } = props;
  return (
    <Layout title="Import a webhook" viewer={viewer} section="sources" crumbs={[LIST_CRUMB]}>
      <section class="card card-narrow">
        <h1>Import a webhook</h1>
        <ManualLink to="export-import" />
        <p class="muted">
          The file brings the webhook’s events, entrypoints and targets. Entrypoints keep their URLs, unless
          these are taken. Targets are disabled, unless their secrets are in the file, so that nothing is sent
          twice.
        </p>
        {/* Without htmx, the browser shows the progress of the upload. */}
        <form class="form" method="post" action={IMPORT_PATH} enctype="multipart/form-data" hx-boost="false">
          <FormFaults errors={errors} shown={["file", "passphrase"]} />
          <FileField
            name="file"
            label="File"
            error={errors.file}
            help={`The file from “Download this webhook’s file” or “webhooker export”.${errors === NO_ERRORS ? "" : " Choose it again."}`}
            required
          />
          <TextField
            name="passphrase"
            label="Passphrase"
            type="password"
            error={errors.passphrase}
            help="The passphrase that it was exported with, if it holds secrets. A file from a webhook’s page holds none."
            maxlength={1_000}
            optional
          />
          <CheckboxField
            name="without_secrets"
            label="Import without secrets"
            help="No passphrase is needed. Enter the secrets again afterwards."
            error={undefined}
            idPrefix={undefined}
            checked={values.without_secrets !== undefined}
          />
          <div class="form-actions">
            <Button kind="primary" label="Import" />
            <Button label="Cancel" href={LIST_PATH} />
          </div>
        </form>
      </section>
    </Layout>
  );
}

export function ImportNotes({ notes }: { notes: readonly string[] }): JSX.Element {
  return (
    <Card title="Check after import">
      <div class="prose">
        <ul>
          {notes.map((note) => (
            <li safe>{note}</li>
          ))}
        </ul>
      </div>
    </Card>
  );
}
