/** The page that asks who it is again, and keeps the form that was sent. */
import { Html } from "@elysiajs/html";
import type { DeviceQuestion } from "../../auth/passkeys/passkeys.ts";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { PasskeyForm } from "../components/passkey-form.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Viewer } from "../viewer.ts";
import { OIDC_VERIFY_PATH, withNext } from "./oidc-paths.ts";

export const PROOF_FIELD = "proof_of_identity";
/** The page that the form was on. */
export const BACK_FIELD = "proof_back";

export function reVerifyView(props: {
  viewer: Viewer;
  /** Where the form was sent to. */
  action: string;
  /** The form's fields, sent again with the proof. */
  fields: readonly (readonly [name: string, value: string])[];
  /** Null: the user has neither. */
  asksFor: "password" | "code" | null;
  /** Name of the OpenID Connect provider that can tell who it is; null: it cannot. */
  provider: string | null;
  /** Where the provider's answer leads to, as no form outlasts the way there. */
  back: string;
  /** Asks for a passkey instead; null for users without one. */
  question: DeviceQuestion | null;
  fault: string | null;
}): JSX.Element {
  const { viewer, action, fields, asksFor, provider, back, question, fault } = props;
  const kept = [...fields, [BACK_FIELD, back] as const];
  return (
    <Layout title="Confirm that it is you" viewer={viewer}>
      <section class="card card-narrow">
        <h1>Confirm that it is you</h1>
        <p class="muted">Your sign-in is older than 15 minutes, and this needs a fresh proof.</p>
        {asksFor !== null && (
          <form class="form" method="post" action={attribute(action)}>
            {/* Tells password managers whose password it is. */}
            <input type="text" value={viewer.username} autocomplete="username" hidden readonly />
            {kept.map(([name, value]) => (
              <input type="hidden" name={attribute(name)} value={attribute(value)} />
            ))}
            <TextField
              name={PROOF_FIELD}
              label={asksFor === "code" ? "Code of your second factor" : "Password"}
              help={asksFor === "code" ? "Six digits, or one of your recovery codes." : undefined}
              type={asksFor === "code" ? "text" : "password"}
              autocomplete={asksFor === "code" ? "one-time-code" : "current-password"}
              error={fault ?? undefined}
              required
              autofocus
            />
            <div class="form-actions">
              <Button kind="primary" label="Continue" />
            </div>
          </form>
        )}
        {question !== null && (
          <PasskeyForm does="get" question={question} action={action} label="Use a passkey" fields={kept} />
        )}
        {asksFor === null && fault !== null && <Notice tone="bad" text={fault} />}
        {provider !== null && (
          <>
            <p class="muted">
              <span safe>{provider}</span> can ask you. Send the form again afterwards.
            </p>
            <div class="form-actions">
              <Button
                kind={asksFor === null ? "primary" : "plain"}
                label={`Confirm with ${provider}`}
                href={withNext(OIDC_VERIFY_PATH, back)}
                leaves
              />
            </div>
          </>
        )}
        {asksFor === null && provider === null && question === null && <p>Sign out and in again to go on.</p>}
      </section>
    </Layout>
  );
}
