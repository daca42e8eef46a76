/** The profile page: API keys, sessions, password. */
import { Html } from "@elysiajs/html";
import type { Session, SessionLimits } from "../../auth/sessions.ts";
import { ApiKeysCard, type ShownKey } from "../api-keys/key-views.tsx";
import { Badge } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { Card, DataTable, PageHeader } from "../components/card.tsx";
import { TextField } from "../components/field-row.tsx";
import { FormFields } from "../components/form-fields.tsx";
import { SecretOnce } from "../components/secret-once.tsx";
import { Time } from "../components/values.tsx";
import { type FieldErrors, type FormInput, NO_ERRORS } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { DEFAULT_LOOK, type Look, lookFields } from "../look.ts";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { browserName } from "./browser-name.ts";
import { EmailCard } from "./email-card.tsx";
import { IDENTITIES_PATH } from "./identities-path.ts";
import { PASSKEYS_PATH } from "./passkeys-path.ts";
import { SECOND_FACTOR_PATH } from "./second-factor-path.ts";

type Profile = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  sessionId: string;
  sessions: readonly Session[];
  sessionLimits: SessionLimits;
  hasPassword: boolean;
  /** Name of the OpenID Connect provider; null: there is none. */
  provider: string | null;
  identityCount: number;
  passkeyCount: number;
  /** Null if the server sends no e-mail. */
  email: Readonly<{ confirmed: string | null }> | null;
  emailErrors: FieldErrors;
  /** Null if it is off. */
  secondFactor: Readonly<{ since: number; codesLeft: number }> | null;
  apiKeys: readonly ShownKey[];
  /** A new token, shown this one time. */
  newToken: string | null;
  passwordErrors: FieldErrors;
  apiKeyErrors: FieldErrors;
  typed: FormInput;
}>;

const SIGNED_IN_BY = { passkey: "passkey", link: "link", oidc: "single sign-on" } as const;

export function profileView(props: Profile): JSX.Element {
  const { viewer, flash, newToken } = props;
  const role = viewer.role === "admin" ? "Administrator" : "User";
  return (
    <Layout title="Profile" viewer={viewer} section="profile" flash={flash}>
      <PageHeader title={viewer.username} lead={role}>
        <Button label="Audit log" href="/profile/audit" />
      </PageHeader>
      {newToken !== null && <SecretOnce title="Your new API key" secret={newToken} />}
      <div class="stack">
        <ApiKeysCard
          action="/profile/api-keys"
          lead="Programs send a key as a bearer token. A key allows through the API what you can do here, or less."
          apiKeys={props.apiKeys}
          errors={props.apiKeyErrors}
          typed={props.typed}
        />
        <Appearance look={viewer.look ?? DEFAULT_LOOK} />
        <Sessions {...props} />
        {props.hasPassword && <Password errors={props.passwordErrors} username={viewer.username} />}
        {props.hasPassword && props.email !== null && (
          <EmailCard confirmed={props.email.confirmed} typed={props.typed} errors={props.emailErrors} />
        )}
        {(props.hasPassword || props.secondFactor !== null) && <SecondFactor {...props} />}
        <Passkeys {...props} />
        {(props.provider !== null || props.identityCount > 0) && <SingleSignOn {...props} />}
      </div>
    </Layout>
  );
}

/** Not boosted: the choice is on the root element, which only a whole page brings. */
function Appearance({ look }: { look: Look }): JSX.Element {
  return (
    <Card title="Appearance" lead="For this browser.">
      <form class="form" method="post" action="/profile/look" hx-boost="false">
        <div class="field-row">
          <FormFields fields={lookFields} values={look} errors={NO_ERRORS} />
        </div>
        <div class="form-actions">
          <Button label="Change appearance" />
        </div>
      </form>
    </Card>
  );
}

function Sessions({ sessions, sessionId, sessionLimits }: Profile): JSX.Element {
  const others = sessions.length - 1;
  return (
    <Card
      flush
      id="sessions"
      title="Sessions"
      lead={`Browsers that are signed in as you. A browser is signed out after ${limitsText(sessionLimits)}.`}
      actions={
        others > 0 ? (
          <ActionButton
            action="/profile/sessions/end-others"
            icon="sign-out"
            label="Sign out everywhere else"
          />
        ) : (
          ""
        )
      }
    >
      <DataTable
        caption="Sessions"
        stack
        columns={["Browser", "Address", "Signed in", "Last seen", { label: "Actions", hidden: true }]}
      >
        {sessions.map((session) => (
          <tr>
            <td title={attribute(session.userAgent)} safe>
              {browserName(session.userAgent)}
            </td>
            <td class="nowrap" safe>
              {session.remoteAddress}
            </td>
            <td class="nowrap" data-label="Signed in">
              <Time at={session.createdAt} relative />
              {session.signedInBy !== "password" && (
                <span class="muted text-s" safe>
                  {` by ${SIGNED_IN_BY[session.signedInBy]}`}
                </span>
              )}
            </td>
            <td class="nowrap" data-label="Last seen">
              <Time at={session.lastSeenAt} relative />
            </td>
            <td class="cell-actions">
              {session.id === sessionId ? (
                <Badge tone="ok" label="this browser" />
              ) : (
                <ActionButton
                  action={`/profile/sessions/${session.id}/end`}
                  size="small"
                  label="Sign out"
                  describe={`Sign out ${browserName(session.userAgent)} at ${session.remoteAddress}`}
                />
              )}
            </td>
          </tr>
        ))}
      </DataTable>
    </Card>
  );
}

function Password({ errors, username }: { errors: FieldErrors; username: string }): JSX.Element {
  return (
    <Card id="password" title="Password" lead="Changing it signs you out everywhere else.">
      <form class="form" method="post" action="/profile/password">
        {/* Tells password managers whose password it is. */}
        <input type="text" name="username" value={username} autocomplete="username" hidden readonly />
        <TextField
          name="current_password"
          label="Current password"
          type="password"
          autocomplete="current-password"
          error={errors.current_password}
          required
        />
        <TextField
          name="password"
          label="New password"
          type="password"
          autocomplete="new-password"
          help="10 characters or more, for example a few words."
          error={errors.password}
          required
        />
        <div class="form-actions">
          <Button label="Change password" />
        </div>
      </form>
    </Card>
  );
}

function SecondFactor({ secondFactor }: Profile): JSX.Element {
  return (
    <section class="card card-row" id="second-factor">
      <div>
        <h2>Second factor</h2>
        <p class="muted" safe>
          {secondFactor === null
            ? "Off. A code from an app keeps out whoever learns your password."
            : `On, with ${secondFactor.codesLeft} recovery codes left.`}
        </p>
      </div>
      <Button
        label={secondFactor === null ? "Set up" : "Manage"}
        describe={secondFactor === null ? "Set up a second factor" : "Manage your second factor"}
        href={SECOND_FACTOR_PATH}
      />
    </section>
  );
}

function Passkeys({ passkeyCount }: Profile): JSX.Element {
  return (
    <section class="card card-row" id="passkeys">
      <div>
        <h2>Passkeys</h2>
        <p class="muted" safe>
          {passkeyCount === 0
            ? "None. A passkey signs you in with your device's fingerprint, face or PIN."
            : `${passkeyCount} of your devices or password managers sign you in.`}
        </p>
      </div>
      <Button
        label={passkeyCount === 0 ? "Add a passkey" : "Manage"}
        describe={passkeyCount === 0 ? undefined : "Manage your passkeys"}
        href={PASSKEYS_PATH}
      />
    </section>
  );
}

function SingleSignOn({ provider, identityCount }: Profile): JSX.Element {
  return (
    <section class="card card-row" id="single-sign-on">
      <div>
        <h2>Single sign-on</h2>
        <p class="muted" safe>
          {identityCount === 0
            ? `No account at ${provider ?? "a provider"} is linked to you.`
            : `${identityCount === 1 ? "An account" : `${identityCount} accounts`} at ${provider ?? "a provider"} can sign you in.`}
        </p>
      </div>
      <Button label="Manage" describe="Manage your linked accounts" href={IDENTITIES_PATH} />
    </section>
  );
}

function limitsText({ idleHours, maxDays }: SessionLimits): string {
  const count = (n: number, unit: string) => `${n} ${unit}${n === 1 ? "" : "s"}`;
  const idle = idleHours % 24 === 0 ? count(idleHours / 24, "day") : count(idleHours, "hour");
  return `${idle} without use, and ${count(maxDays, "day")} after its sign-in`;
}
