/** The form of an entrypoint's name and settings, and the page that confirms its deletion. */
import { Html } from "@elysiajs/html";
import { readSettings } from "../../../settings/entrypoint-settings.ts";
import { entrypointSettingsFields } from "../../../settings/entrypoint-settings-fields.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { EmptyPlace } from "../../../webhooks/place-trials.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Button } from "../../components/button.tsx";
import { ConfirmPage } from "../../components/confirm-page.tsx";
import { TextField } from "../../components/field-row.tsx";
import { FieldSections } from "../../components/field-sections.tsx";
import { ManualLink } from "../../components/manual-link.tsx";
import { Time } from "../../components/values.tsx";
import type { FieldErrors, FormInput } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import { ManagedNote } from "../../managed/managed-views.tsx";
import { SeenVersion } from "../../managed/seen-version.tsx";
import { ENTRYPOINT_PARTS } from "../../manual/links.ts";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { FormFaults } from "../form-faults.tsx";
import { entrypointPath, entrypointUrl, webhookPath } from "../paths.ts";
import type { WebhookState } from "../webhook-state.ts";
import { EmptyPlaces } from "./empty-places.tsx";

const DEFAULTS = readSettings({});

export function EditEntrypointPage(props: {
  viewer: Viewer;
  webhook: Webhook;
  entrypoint: Entrypoint;
  emptyPlaces: readonly EmptyPlace[];
  /** Typed values, if the form comes back with errors. */
  typed: FormInput | undefined;
  errors: FieldErrors;
}): JSX.Element {
  const { viewer, webhook, entrypoint, emptyPlaces, typed, errors } = props;
  return (
    <Layout
      title={`Edit ${entrypoint.name}`}
      viewer={viewer}
      section="sources"
      crumbs={crumbsWithin(webhook)}
    >
      <section class="card card-narrow">
        <h1>Edit entrypoint</h1>
        <ManualLink to="entrypoints" />
        <ManagedNote of={entrypoint} what="entrypoint" />
        <EmptyPlaces places={emptyPlaces} />
        <form class="form" method="post" action={`${entrypointPath(entrypoint)}/edit`}>
          <SeenVersion of={entrypoint} typed={typed} />
          <FormFaults errors={errors} shown={["name", ...entrypointSettingsFields.map(({ name }) => name)]} />
          <TextField
            name="name"
            label="Name"
            value={typed === undefined ? entrypoint.name : typed.name}
            error={errors.name}
            required
            maxlength={200}
          />
          <FieldSections
            fields={entrypointSettingsFields}
            values={entrypoint.settings}
            typed={typed}
            errors={errors}
            defaults={DEFAULTS}
            manual={ENTRYPOINT_PARTS}
          />
          <div class="form-actions">
            <Button kind="primary" label="Save" />
            <Button label="Cancel" href={webhookPath(webhook.id)} />
          </div>
        </form>
      </section>
    </Layout>
  );
}

export function DeleteEntrypointPage(props: {
  viewer: Viewer;
  state: WebhookState;
  entrypoint: Entrypoint;
  baseUrl: string;
}): JSX.Element {
  const { viewer, state, entrypoint, baseUrl } = props;
  const lastEventAt = state.file.fault === null ? state.file.lastEvents.get(entrypoint.id) : undefined;
  return (
    <ConfirmPage
      title={`Delete entrypoint “${entrypoint.name}”?`}
      viewer={viewer}
      section="sources"
      crumbs={crumbsWithin(state.webhook)}
      action={`${entrypointPath(entrypoint)}/delete`}
      confirmLabel="Delete entrypoint"
      cancelHref={webhookPath(entrypoint.webhookId)}
    >
      <p>
        Senders to its URL get <strong>404</strong>, and the URL cannot be restored:
      </p>
      <p>
        <code class="break" safe>
          {entrypointUrl(baseUrl, entrypoint.id)}
        </code>
      </p>
      {lastEventAt !== undefined && (
        <p>
          Its last event arrived <Time at={lastEventAt} relative />.
        </p>
      )}
      <p>The events it received stay in the log, and are still delivered.</p>
    </ConfirmPage>
  );
}
