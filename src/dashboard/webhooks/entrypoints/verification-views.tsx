/** The form that selects and configures an entrypoint's verification provider, or none. */
import { Html } from "@elysiajs/html";
import { documentationOf } from "../../../verification/documentation.ts";
import type { Provider } from "../../../verification/provider.ts";
import type { Trial } from "../../../webhooks/verification-trial.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Button } from "../../components/button.tsx";
import { FieldSections } from "../../components/field-sections.tsx";
import { Notice } from "../../components/flash-line.tsx";
import { ManualLink } from "../../components/manual-link.tsx";
import type { FieldErrors, FormInput } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import { SeenVersion } from "../../managed/seen-version.tsx";
import { VERIFICATION_PARTS } from "../../manual/links.ts";
import { rejectedPath } from "../../rejected/paths.ts";
import { attribute } from "../../render.ts";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { FormFaults } from "../form-faults.tsx";
import { verificationPath, webhookPath } from "../paths.ts";
import { type ChoiceProps, NO_PROVIDER, ProviderChoice } from "./provider-choice.tsx";
import { Suggestion } from "./suggestion.tsx";
import { TrialNotices } from "./trial-view.tsx";

/** Name of the button that tries the settings without saving them. */
export const TRY_FIELD = "try";

type Props = ChoiceProps &
  Readonly<{
    viewer: Viewer;
    webhook: Webhook;
    /** Typed values, if the form comes back with errors. */
    typed: FormInput | undefined;
    errors: FieldErrors;
    /** Provider that the stored requests look like, if none verifies them. */
    suggested: Provider | null;
    /** Result of a trial before saving. */
    trial: Trial | null;
  }>;

export function VerificationPage(props: Props): JSX.Element {
  const { viewer, webhook, entrypoint, provider } = props;
  const title = `Verification of ${entrypoint.name}`;
  return (
    <Layout title={title} viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <section class="card card-narrow">
        <h1 safe>{title}</h1>
        <p class="muted">
          Only requests from this sender are stored. Others get 401 and are{" "}
          {entrypoint.settings.keep_rejected
            ? "kept for a while so you can re-check them."
            : "not kept; the server’s log says why."}
        </p>
        <p>
          <a href={rejectedPath(webhook.id, entrypoint.id)}>Rejected requests</a>
        </p>
        <ManualLink to="verification" />
        <State {...props} />
        {props.suggested !== null && props.suggested !== provider && (
          <Suggestion entrypoint={entrypoint} provider={props.suggested} />
        )}
        <ProviderChoice {...props} />
        {provider === null ? <NoneForm {...props} /> : <ProviderForm {...props} provider={provider} />}
      </section>
    </Layout>
  );
}

function State({ entrypoint }: Props): JSX.Element {
  const { verification } = entrypoint;
  if (!verification?.fault) return "";
  return (
    <Notice
      tone="bad"
      text={verification.fault}
      hint="Until then senders get 503: no request is accepted unverified."
    />
  );
}

function NoneForm(props: Props): JSX.Element {
  const { entrypoint, webhook, errors } = props;
  return entrypoint.verification === null ? (
    <>
      <p>
        Requests are not verified: <strong>anyone with the URL can send events.</strong> Choose the service
        that sends.
      </p>
      <div class="form-actions">
        <Button label="Back" href={webhookPath(webhook.id)} />
      </div>
    </>
  ) : (
    <form class="form" method="post" action={verificationPath(entrypoint)}>
      <SeenVersion of={entrypoint} typed={props.typed} />
      <FormFaults errors={errors} shown={[]} />
      <p>
        Without verification <strong>anyone with the URL can send events</strong>, and the stored secrets are
        deleted.
      </p>
      <input type="hidden" name="type" value={NO_PROVIDER} />
      <div class="form-actions">
        <Button kind="danger" label="Remove verification" />
        <Button label="Cancel" href={webhookPath(webhook.id)} />
      </div>
    </form>
  );
}

function Documentation({ of }: { of: Provider }): JSX.Element {
  const page = documentationOf(of.type);
  if (page === null) return "";
  return (
    <>
      {" "}
      <a href={attribute(page)} rel="noreferrer" safe>
        {`${of.label}’s documentation`}
      </a>
    </>
  );
}

function ProviderForm(props: Props & Readonly<{ provider: Provider }>): JSX.Element {
  const { entrypoint, webhook, provider, typed, errors, trial } = props;
  const { verification } = entrypoint;
  const stored = verification?.type === provider.type ? verification.config : undefined;
  return (
    <form class="form" method="post" action={verificationPath(entrypoint)}>
      <SeenVersion of={entrypoint} typed={typed} />
      <p>
        <span safe>{provider.description}</span>
        <Documentation of={provider} />
      </p>
      <input type="hidden" name="type" value={attribute(provider.type)} />
      <FormFaults errors={errors} shown={provider.fields.map(({ name }) => name)} />
      <FieldSections
        fields={provider.fields}
        values={stored}
        typed={typed}
        errors={errors}
        opensFilled
        manual={VERIFICATION_PARTS}
      />
      {trial !== null && <TrialNotices trial={trial} webhookId={webhook.id} />}
      <div class="form-actions">
        <Button kind="primary" label="Save" />
        <Button label="Try it" describe="Try it on the last stored requests" name={TRY_FIELD} value="true" />
        <Button label="Cancel" href={webhookPath(webhook.id)} />
      </div>
    </form>
  );
}
