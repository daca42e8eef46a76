/** Checks that a webhook is the caller's. Event files know no users, so operations on them call this first. */
import type { Caller } from "../auth/api-keys.ts";
import type { ApiDeps } from "./deps.ts";

/** Resolves with the webhook's id; rejects with AppError `not_found` if the webhook is not the caller's. */
type RequireWebhook = (caller: Caller, webhookId: string) => Promise<string>;

export function createRequireWebhook({ webhooks }: ApiDeps["useCases"]): RequireWebhook {
  return async ({ userId }, webhookId) => (await webhooks.get({ userId, webhookId })).id;
}

/** The same with the webhook's indexed fields. */
export function createRequireFields({ webhooks }: ApiDeps["useCases"]) {
  return async ({ userId }: Caller, webhookId: string) => {
    const { id, settings } = await webhooks.get({ userId, webhookId });
    return { webhookId: id, indexedFields: settings.indexed_fields };
  };
}
