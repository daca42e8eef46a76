/** The page of a target's signing: what receivers verify with, and the rotation of its secret. */
import { Html } from "@elysiajs/html";
import type { Target } from "../../../webhooks/targets.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Button } from "../../components/button.tsx";
import { TextField } from "../../components/field-row.tsx";
import { Notice } from "../../components/flash-line.tsx";
import { CopyLine, Time } from "../../components/values.tsx";
import type { FieldErrors, FormInput } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import { attribute } from "../../render.ts";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { FormFaults } from "../form-faults.tsx";
import { signingPath, targetPath, webhookPath } from "../paths.ts";
import { SigningSamples } from "./signing-samples/samples-view.tsx";

type Props = Readonly<{
  viewer: Viewer;
  webhook: Webhook;
  target: Target;
  typed: FormInput | undefined;
  errors: FieldErrors;
}>;

export function SigningPage(props: Props): JSX.Element {
  const { viewer, webhook, target } = props;
  const title = `Signing of ${target.name}`;
  return (
    <Layout title={title} viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <section class="card card-narrow">
        <h1 safe>{title}</h1>
        {target.signing.scheme === "none" ? <Unsigned target={target} /> : <Signed {...props} />}
      </section>
    </Layout>
  );
}

function Unsigned({ target }: { target: Target }): JSX.Element {
  return (
    <>
      <p class="muted">Requests to this target are not signed. Choose a signature in its form first.</p>
      <div class="form-actions">
        <Button kind="primary" label="Edit target" href={`${targetPath(target)}/edit`} />
        <Button label="Cancel" href={webhookPath(target.webhookId)} />
      </div>
    </>
  );
}

function Signed({ target, typed, errors }: Props): JSX.Element {
  const { publicKey, previousUntil, isUsable } = target.signing;
  return (
    <div class="stack">
      <p class="muted">
        Each request carries <code>webhook-id</code> (the event's id), <code>webhook-timestamp</code> and{" "}
        <code>webhook-signature</code>. Receivers verify them with any library for Standard Webhooks or Svix,
        or with a few lines of code.
      </p>
      {!isUsable && (
        <Notice
          tone="bad"
          text="The secret is missing or cannot be read, so nothing is sent."
          hint="Rotate it, and give the new one to the receiver."
        />
      )}
      {publicKey !== null && (
        <>
          <h2>Public key</h2>
          <CopyLine text={publicKey} />
        </>
      )}
      {previousUntil !== null && (
        <p>
          The secret before the last rotation also signs until <Time at={previousUntil} />.
        </p>
      )}
      {target.signing.scheme !== "none" && (
        <SigningSamples scheme={target.signing.scheme} publicKey={publicKey} />
      )}
      <h2>Rotate the secret</h2>
      <form class="form" method="post" action={attribute(`${signingPath(target)}/rotate`)}>
        <FormFaults errors={errors} shown={["overlap_hours", "secret", "signing.secret"]} />
        <TextField
          name="overlap_hours"
          label="Overlap (hours)"
          type="number"
          value={typed?.overlap_hours ?? "24"}
          error={errors.overlap_hours}
          help="From 0 to 720. Meanwhile requests carry the signatures of both secrets, so that receivers can switch over."
          required
        />
        <TextField
          name="secret"
          label="Use my own secret"
          type="password"
          error={errors.secret ?? errors["signing.secret"]}
          help="A secret is generated if empty, and shown once."
          optional
        />
        <div class="form-actions">
          <Button kind="primary" label="Rotate secret" />
          <Button label="Cancel" href={webhookPath(target.webhookId)} />
        </div>
      </form>
    </div>
  );
}
