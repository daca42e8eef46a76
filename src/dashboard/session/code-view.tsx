/** The page that asks for a code of the second factor. */
import { Html } from "@elysiajs/html";
import { Button } from "../components/button.tsx";
import { TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Logo } from "../components/icon.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";

export function codeView({ next, fault }: { next: string | null; fault: string | null }): JSX.Element {
  return (
    <Layout title="Second factor" viewer={null}>
      <div class="sign-in">
        <div class="sign-in-brand">
          <Logo />
          <div>
            <h1>Second factor</h1>
            <p class="lead">Enter the code that your authenticator app shows.</p>
          </div>
        </div>
        <section class="card">
          {fault !== null && <Notice tone="bad" text={fault} />}
          <form class="form" method="post" action="/pages/login/code">
            {next !== null && <input type="hidden" name="next" value={attribute(next)} />}
            <TextField
              name="code"
              label="Code"
              help="Six digits, or one of your recovery codes."
              autocomplete="one-time-code"
              maxlength={40}
              required
              autofocus
            />
            <Button kind="primary" label="Sign in" />
          </form>
        </section>
        <details class="hint">
          <summary>No app and no recovery codes?</summary>
          <p>
            An administrator can reset your second factor. The last administrator runs this command where the
            gateway runs:
          </p>
          <pre class="code" tabindex="0">
            webhooker user reset-second-factor NAME
          </pre>
        </details>
      </div>
    </Layout>
  );
}
