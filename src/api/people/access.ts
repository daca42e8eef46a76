/** Refuses what a key may not do: its scopes and its webhooks, checked in one place for every operation. */
import type { Caller } from "../../auth/api-keys.ts";
import type { Scope } from "../../auth/scopes.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { WebhookRole } from "../../webhooks/people/roles.ts";

/** The role on a webhook that operations of a scope need, if they name no other. */
export const ROLE_OF_SCOPE: Readonly<Record<Scope, WebhookRole>> = {
  "webhooks:read": "viewer",
  "events:read": "viewer",
  replay: "replayer",
  pull: "replayer",
  publish: "editor",
  "webhooks:write": "editor",
  admin: "owner",
};

/** The parameter of paths that belong to a webhook. */
export const WEBHOOK_PARAM = ":webhook_id";

/** Throws AppError `forbidden`, and `not_found` for a webhook that the key is not for. */
export function refuseBeyondLimits(
  caller: Caller,
  operation: Readonly<{ scope: Scope | null; forLimitedKeys: boolean }>,
  params: Readonly<Record<string, string>>,
): void {
  if (operation.scope !== null) requireScope(caller, operation.scope);
  const { webhookIds } = caller;
  if (webhookIds === null) return;
  if (!operation.forLimitedKeys) throw beyondWebhooks();
  const { webhook_id: id } = params;
  if (id !== undefined && !webhookIds.includes(id)) throw notFound("webhook");
}

/** Throws AppError `forbidden`. */
export function requireScope({ scopes }: Caller, scope: Scope): void {
  if (scopes === null || scopes.includes(scope)) return;
  throw new AppError({
    kind: "forbidden",
    code: "scope_missing",
    message: `This needs an API key with the scope ${scope}.`,
    hint: `Yours has: ${scopes.join(", ")}. Create another key; the scopes of a key cannot change.`,
  });
}

function beyondWebhooks(): AppError {
  return new AppError({
    kind: "forbidden",
    code: "key_limited_to_webhooks",
    message: "This API key is limited to some webhooks, and this concerns others too.",
    hint: "Use a key that is not limited to webhooks.",
  });
}
