/** The sign-in page, with a hint for whoever has just started the gateway. */
import { Html } from "@elysiajs/html";
import type { DeviceQuestion } from "../../auth/passkeys/passkeys.ts";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Logo } from "../components/icon.tsx";
import { PasskeyForm } from "../components/passkey-form.tsx";
import { Layout } from "../layout.tsx";
import { FORGOT_PATH } from "../password-links/paths.ts";
import { attribute } from "../render.ts";
import type { Flash } from "../viewer.ts";
import { OIDC_PATH, withNext } from "./oidc-paths.ts";
import { PASSKEY_SIGN_IN_PATH } from "./passkey-sign-in-path.ts";

type SignIn = Readonly<{
  next: string | null;
  username: string;
  fault: string | null;
  flash: Flash | null;
  isFirstRun: boolean;
  /** Whether the server sends links to new passwords. */
  sendsLinks: boolean;
  /** Asks for a passkey; null where browsers have none for this address. */
  question: DeviceQuestion | null;
  takesPasswords: boolean;
  /** Name of the OpenID Connect provider; null: there is none. */
  provider: string | null;
}>;

export function signInView(props: SignIn): JSX.Element {
  const { next, fault, flash, isFirstRun, sendsLinks, question, takesPasswords, provider } = props;
  return (
    <Layout title="Sign in" viewer={null} flash={flash}>
      <div class="sign-in">
        <div class="sign-in-brand">
          <Logo />
          <div>
            <h1>Sign in to webhooker</h1>
            <p class="lead">Every webhook, accounted for.</p>
          </div>
        </div>
        <section class="card">
          {fault !== null && <Notice tone="bad" text={fault} />}
          {takesPasswords && <PasswordForm {...props} />}
          <div class="sign-in-others">
            {takesPasswords && sendsLinks && (
              <p>
                <a href={FORGOT_PATH}>Forgot your password?</a>
              </p>
            )}
            {provider !== null && (
              <Button
                kind={takesPasswords ? "plain" : "primary"}
                label={`Sign in with ${provider}`}
                href={withNext(OIDC_PATH, next)}
                leaves
              />
            )}
            {question !== null && (
              <PasskeyForm
                does="get"
                question={question}
                action={PASSKEY_SIGN_IN_PATH}
                label="Sign in with a passkey"
                fields={next === null ? [] : [["next", next]]}
              />
            )}
          </div>
        </section>
        {takesPasswords ? <FirstRunHint isFirstRun={isFirstRun} /> : <PasswordsOffHint />}
      </div>
    </Layout>
  );
}

function PasswordForm({ next, username }: SignIn): JSX.Element {
  return (
    <form class="form" method="post" action="/pages/login">
      {next !== null && <input type="hidden" name="next" value={attribute(next)} />}
      <TextField
        name="username"
        label="Username"
        value={username}
        autocomplete="username"
        required
        autofocus={username === ""}
      />
      <TextField
        name="password"
        label="Password"
        type="password"
        autocomplete="current-password"
        required
        autofocus={username !== ""}
      />
      <Button kind="primary" label="Sign in" />
    </form>
  );
}

function FirstRunHint({ isFirstRun }: { isFirstRun: boolean }): JSX.Element {
  return (
    <details class="hint" open={isFirstRun}>
      <summary>{isFirstRun ? "First time here?" : "Cannot sign in?"}</summary>
      <p>
        The first start of the gateway created the user <code>admin</code> and printed its password on the
        terminal, once, with a link that signs in. If <code>ADMIN_PASSWORD</code> was set then, that is the
        password.
      </p>
      <p>Lost it? This command, run where the gateway runs, prints a new one:</p>
      <pre class="code" tabindex="0">
        webhooker user passwd admin
      </pre>
    </details>
  );
}

function PasswordsOffHint(): JSX.Element {
  return (
    <details class="hint">
      <summary>Cannot sign in?</summary>
      <p>
        Passwords are off on this server. If its provider is lost, an operator starts the gateway with{" "}
        <code>PASSWORD_SIGN_IN=on</code>, and signs in with a password that this command sets:
      </p>
      <pre class="code" tabindex="0">
        webhooker user passwd admin
      </pre>
    </details>
  );
}
