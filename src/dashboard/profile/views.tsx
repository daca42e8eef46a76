/** The profile page: API keys, sessions, password. */
import { Html } from "@elysiajs/html";
import type { APIKey } from "../../auth/api-keys.ts";
import type { Session } from "../../auth/sessions.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../components/card.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import { TextField } from "../components/field-row.tsx";
import { SecretOnce } from "../components/secret-once.tsx";
import { Time } from "../components/values.tsx";
import type { FieldErrors } from "../forms.ts";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { browserName } from "./browser-name.ts";

type Profile = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  sessionId: string;
  sessions: readonly Session[];
  apiKeys: readonly APIKey[];
  /** A new token, shown this one time. */
  newToken: string | null;
  passwordErrors: FieldErrors;
  apiKeyErrors: FieldErrors;
  typedKeyName: string;
}>;

export function profileView(props: Profile): JSX.Element {
  const { viewer, flash, newToken } = props;
  const role = viewer.role === "admin" ? "Administrator" : "User";
  return (
    <Layout title="Profile" viewer={viewer} section="profile" flash={flash}>
      <PageHeader title={viewer.username} lead={role} />
      {newToken !== null && <SecretOnce title="Your new API key" secret={newToken} />}
      <div class="stack">
        <ApiKeys {...props} />
        <Sessions {...props} />
        <Password errors={props.passwordErrors} username={viewer.username} />
      </div>
    </Layout>
  );
}

function ApiKeys({ apiKeys, apiKeyErrors, typedKeyName }: Profile): JSX.Element {
  return (
    <Card
      flush
      id="api-keys"
      title="API keys"
      lead="Programs send a key as a bearer token. A key allows through the API what you can do with webhooks here."
      actions={
        <a class="button button-plain button-small" href="/api/v1/openapi.json" hx-boost="false">
          OpenAPI document
        </a>
      }
    >
      <form class="form-inline card-bar" method="post" action="/profile/api-keys">
        <TextField
          name="name"
          label="Name of the new key"
          placeholder="deploy script"
          value={typedKeyName}
          error={apiKeyErrors.name}
          maxlength={200}
          required
          idPrefix="key-"
        />
        <Button icon="plus" label="Create key" />
      </form>
      {apiKeys.length === 0 ? (
        <EmptyState
          icon="key"
          title="No API keys yet"
          text="Create one for each program, so that you can revoke it on its own."
        />
      ) : (
        <DataTable
          caption="API keys"
          stack
          columns={["Name", "Key", "Created", "Last used", { label: "Actions", hidden: true }]}
        >
          {apiKeys.map((apiKey) => (
            <ApiKeyRow apiKey={apiKey} />
          ))}
        </DataTable>
      )}
    </Card>
  );
}

function ApiKeyRow({ apiKey }: { apiKey: APIKey }): JSX.Element {
  const { id, name, prefix, createdAt, lastUsedAt, revokedAt } = apiKey;
  return (
    <tr class={revokedAt === null ? undefined : "row-idle"}>
      <td safe>{name}</td>
      <td>
        <code class="nowrap" safe>{`${prefix}…`}</code>
      </td>
      <td class="nowrap" data-label="Created">
        <Time at={createdAt} relative />
      </td>
      <td class="nowrap" data-label="Last used">
        {lastUsedAt === null ? <span class="muted">never</span> : <Time at={lastUsedAt} relative />}
      </td>
      <td class="cell-actions">
        {revokedAt === null ? (
          <ActionButton
            action={`/profile/api-keys/${id}/revoke`}
            kind="danger"
            size="small"
            label="Revoke"
            describe={`Revoke ${name}`}
            confirm={`Revoke the API key ${name}? Programs that use it are refused immediately.`}
          />
        ) : (
          <Badge tone="idle" label="revoked" />
        )}
      </td>
    </tr>
  );
}

function Sessions({ sessions, sessionId }: Profile): JSX.Element {
  const others = sessions.length - 1;
  return (
    <Card
      flush
      id="sessions"
      title="Sessions"
      lead="Browsers that are signed in as you. A browser not used for 14 days is signed out automatically."
      actions={
        others > 0 ? (
          <ActionButton action="/profile/sessions/end-others" icon="sign-out" label="Sign out elsewhere" />
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

export function revokeKeyView({ viewer, apiKey }: { viewer: Viewer; apiKey: APIKey }): JSX.Element {
  return (
    <ConfirmPage
      title={`Revoke the API key ${apiKey.name}?`}
      viewer={viewer}
      section="profile"
      crumbs={[{ href: "/profile", label: "Profile" }]}
      action={`/profile/api-keys/${apiKey.id}/revoke`}
      confirmLabel="Revoke key"
      cancelHref="/profile"
    >
      <p>Programs that use it are refused immediately. This cannot be undone; a new key can be created.</p>
    </ConfirmPage>
  );
}
