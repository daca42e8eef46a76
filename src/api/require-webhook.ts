/** Checks that a webhook is the caller's. Event files know no users, so operations on them call this first. */
import type { Caller } from "../auth/api-keys.ts";
import type { ApiDeps } from "./deps.ts";

/** Resolves with the webhook's id; rejects with AppError `not_found` if the webhook is not the caller's. */
type RequireWebhook = (caller: Caller, webhookId: string) => Promise<string>;

export function createRequireWebhook({ webhooks }: ApiDeps["useCases"]): RequireWebhook {
  return async ({ userId }, webhookId) => (await webhooks.get({ userId, webhookId })).id;
}
