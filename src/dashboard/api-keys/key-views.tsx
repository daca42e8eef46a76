/** API keys of a user: what each may do, its last use, and the form for another. */
import { Html } from "@elysiajs/html";
import type { APIKey } from "../../auth/api-keys.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton } from "../components/button.tsx";
import { Card, DataTable, EmptyState } from "../components/card.tsx";
import { formatCount } from "../components/format.ts";
import { Time, TimeOrNever } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { KeyForm, type KeyFormProps } from "./key-form-view.tsx";

export type ShownKey = Readonly<{
  apiKey: APIKey;
  isExpired: boolean;
  /** Names of the webhooks that it is limited to; null: all. */
  webhookNames: readonly string[] | null;
}>;

type Props = KeyFormProps & Readonly<{ apiKeys: readonly ShownKey[]; lead: string }>;

export function ApiKeysCard({ apiKeys, lead, ...form }: Props): JSX.Element {
  return (
    <Card
      flush
      id="api-keys"
      title="API keys"
      lead={lead}
      actions={
        <a class="button button-plain button-small" href="/api/v1/openapi.json" hx-boost="false">
          OpenAPI document
        </a>
      }
    >
      <KeyForm {...form} />
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
          columns={["Name", "Key", "May do", "Expires", "Last used", { label: "Actions", hidden: true }]}
        >
          {apiKeys.map((shown) => (
            <KeyRow {...shown} path={form.action} />
          ))}
        </DataTable>
      )}
    </Card>
  );
}

function KeyRow({ apiKey, isExpired, webhookNames, path }: ShownKey & { path: string }): JSX.Element {
  const { id, name, prefix, createdAt, expiresAt, revokedAt } = apiKey;
  const isUsable = revokedAt === null && !isExpired;
  return (
    <tr class={isUsable ? undefined : "row-idle"}>
      <td safe>{name}</td>
      <td>
        <code class="nowrap" safe>{`${prefix}…`}</code>{" "}
        <span class="muted">
          created <Time at={createdAt} relative />
        </span>
      </td>
      <td data-label="May do">
        <Limits apiKey={apiKey} webhookNames={webhookNames} />
      </td>
      <td class="nowrap" data-label="Expires">
        <TimeOrNever at={expiresAt} />
      </td>
      <td data-label="Last used">
        <LastUse apiKey={apiKey} />
      </td>
      <td class="cell-actions">
        {revokedAt !== null ? (
          <Badge tone="idle" label="revoked" />
        ) : (
          <>
            {isExpired && <Badge tone="idle" label="expired" />}{" "}
            <ActionButton
              action={`${path}/${id}/revoke`}
              kind="danger"
              size="small"
              label="Revoke"
              describe={`Revoke ${name}`}
              confirm={`Revoke the API key ${name}? Programs that use it are refused immediately.`}
            />
          </>
        )}
      </td>
    </tr>
  );
}

function Limits({ apiKey: { scopes }, webhookNames }: Pick<ShownKey, "apiKey" | "webhookNames">) {
  return (
    <>
      <span safe>{scopes === null ? "everything" : scopes.join(", ")}</span>
      {webhookNames !== null && (
        <span class="muted" title={attribute(webhookNames.join(", "))} safe>
          {` on ${webhookNames.length === 1 ? webhookNames[0] : formatCount(webhookNames.length, "webhook")}`}
        </span>
      )}
    </>
  );
}

function LastUse({ apiKey: { lastUsedAt, lastUsedFrom } }: Pick<ShownKey, "apiKey">): JSX.Element {
  if (lastUsedAt === null) return <span class="muted">never</span>;
  return (
    <>
      <Time at={lastUsedAt} relative />
      {lastUsedFrom !== null && <span class="muted" safe>{` from ${lastUsedFrom}`}</span>}
    </>
  );
}
