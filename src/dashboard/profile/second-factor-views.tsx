/** Pages of the second factor: setup with its QR code, state, and confirmations. */
import { Html } from "@elysiajs/html";
import { renderSVG } from "uqr";
import type { Setup } from "../../auth/second-factor/second-factors.ts";
import { ActionButton, Button } from "../components/button.tsx";
import { Card, PageHeader } from "../components/card.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import { TextField } from "../components/field-row.tsx";
import { CodeBlock, CopyLine, Time } from "../components/values.tsx";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { SECOND_FACTOR_PATH } from "./second-factor-path.ts";

type FrameProps = Readonly<{ viewer: Viewer; flash: Flash | null }>;

const CRUMBS = [{ href: "/profile", label: "Profile" }];
const TITLE = "Second factor";

export function setupView(
  props: FrameProps & Readonly<{ setup: Setup; isRequired: boolean; fault: string | null }>,
): JSX.Element {
  const { viewer, flash, setup, isRequired, fault } = props;
  const lead = isRequired
    ? "This server requires one: a code from an app, besides your password."
    : "A code from an app, besides your password, whenever you sign in.";
  return (
    <Layout title={TITLE} viewer={viewer} section="profile" flash={flash} crumbs={CRUMBS}>
      <PageHeader title="Set up a second factor" lead={lead} manual="sign-in#second-factor" />
      <section class="card card-narrow stack">
        <p>
          Scan this with an authenticator app, such as Aegis, 1Password, Google Authenticator or Microsoft
          Authenticator.
        </p>
        <img
          class="qr-code"
          src={attribute(imageOf(setup.uri))}
          width="232"
          height="232"
          alt="QR code of the secret below"
        />
        <div>
          <p class="muted text-s">Or enter this secret in the app:</p>
          <CopyLine text={setup.secret} />
        </div>
        <form class="form" method="post" action={SECOND_FACTOR_PATH}>
          <input type="hidden" name="sealed" value={attribute(setup.sealed)} />
          <TextField
            name="code"
            label="Code that the app shows"
            autocomplete="one-time-code"
            maxlength={20}
            error={fault ?? undefined}
            required
          />
          <p class="muted text-s">Your other browsers are signed out.</p>
          <div class="form-actions">
            <Button kind="primary" label="Turn on second factor" />
          </div>
        </form>
      </section>
    </Layout>
  );
}

/** A picture of its own, as a page's own markup may have no styles. */
function imageOf(uri: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(renderSVG(uri, { border: 3 })).toString("base64")}`;
}

export function secondFactorView(
  props: FrameProps &
    Readonly<{
      state: Readonly<{ since: number; codesLeft: number }>;
      /** New recovery codes, shown this one time. */
      codes: readonly string[] | null;
    }>,
): JSX.Element {
  const { viewer, flash, state, codes } = props;
  return (
    <Layout title={TITLE} viewer={viewer} section="profile" flash={flash} crumbs={CRUMBS}>
      <PageHeader
        title={TITLE}
        lead="On: signing in takes a code besides your password."
        manual="sign-in#second-factor"
      />
      <div class="stack">
        {codes !== null && (
          <Card
            title="Your recovery codes"
            lead="Keep them where you do not keep your phone. Each replaces one code of the app, once. They are not shown again."
          >
            <CodeBlock text={codes.join("\n")} label="Copy all" />
          </Card>
        )}
        <section class="card card-row">
          <div>
            <h2>Authenticator app</h2>
            <p class="muted">
              On since <Time at={state.since} />.
            </p>
          </div>
          <ActionButton
            action={`${SECOND_FACTOR_PATH}/off`}
            kind="danger"
            label="Turn off"
            describe="Turn off second factor"
            confirm="Turn off your second factor? Your password alone signs you in then."
          />
        </section>
        <section class="card card-row">
          <div>
            <h2>Recovery codes</h2>
            <p class="muted" safe>{`${state.codesLeft} of 10 left.`}</p>
          </div>
          <ActionButton
            action={`${SECOND_FACTOR_PATH}/codes`}
            label="Create new codes"
            confirm="Create new recovery codes? The old ones stop working."
          />
        </section>
      </div>
    </Layout>
  );
}

export function turnOffView({ viewer }: { viewer: Viewer }): JSX.Element {
  return (
    <ConfirmPage
      title="Turn off your second factor?"
      viewer={viewer}
      section="profile"
      crumbs={CRUMBS}
      action={`${SECOND_FACTOR_PATH}/off`}
      confirmLabel="Turn off"
      cancelHref={SECOND_FACTOR_PATH}
    >
      <p>Your password alone signs you in then. Your recovery codes stop working.</p>
    </ConfirmPage>
  );
}

export function renewCodesView({ viewer }: { viewer: Viewer }): JSX.Element {
  return (
    <ConfirmPage
      title="Create new recovery codes?"
      viewer={viewer}
      section="profile"
      crumbs={CRUMBS}
      action={`${SECOND_FACTOR_PATH}/codes`}
      confirmLabel="Create new codes"
      cancelHref={SECOND_FACTOR_PATH}
    >
      <p>The old ones stop working. The new ones are shown once.</p>
    </ConfirmPage>
  );
}
