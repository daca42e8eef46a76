/** The page that asks for the password or a code again, and keeps the form that was sent. */
import { Html } from "@elysiajs/html";
import type { DeviceQuestion } from "../../auth/passkeys/passkeys.ts";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { PasskeyForm } from "../components/passkey-form.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Viewer } from "../viewer.ts";

export const PROOF_FIELD = "proof_of_identity";

export function reVerifyView(props: {
  viewer: Viewer;
  /** Where the form was sent to. */
  action: string;
  /** The form's fields, sent again with the proof. */
  fields: readonly (readonly [name: string, value: string])[];
  asksForCode: boolean;
  /** Asks for a passkey instead; null for users without one. */
  question: DeviceQuestion | null;
  fault: string | null;
}): JSX.Element {
  const { viewer, action, fields, asksForCode, question, fault } = props;
  return (
    <Layout title="Confirm that it is you" viewer={viewer}>
      <section class="card card-narrow">
        <h1>Confirm that it is you</h1>
        <p class="muted">Your sign-in is older than 15 minutes, and this needs a fresh proof.</p>
        <form class="form" method="post" action={attribute(action)}>
          {/* Tells password managers whose password it is. */}
          <input type="text" value={viewer.username} autocomplete="username" hidden readonly />
          {fields.map(([name, value]) => (
            <input type="hidden" name={attribute(name)} value={attribute(value)} />
          ))}
          <TextField
            name={PROOF_FIELD}
            label={asksForCode ? "Code of your second factor" : "Password"}
            help={asksForCode ? "Six digits, or one of your recovery codes." : undefined}
            type={asksForCode ? "text" : "password"}
            autocomplete={asksForCode ? "one-time-code" : "current-password"}
            error={fault ?? undefined}
            required
            autofocus
          />
          <div class="form-actions">
            <Button kind="primary" label="Continue" />
          </div>
        </form>
        {question !== null && (
          <PasskeyForm does="get" question={question} action={action} label="Use a passkey" fields={fields} />
        )}
      </section>
    </Layout>
  );
}
