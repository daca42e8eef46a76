/** All that a user can do with webhooks, entrypoints and targets: theirs alone, others' do not exist to them. */
import { newId, newUnguessableId } from "../lib/ids.ts";
import type { Ids, UseCaseDeps } from "./deps.ts";
import { createEntrypointUseCases } from "./entrypoints.ts";
import { createTargetUseCases } from "./targets.ts";
import { createWebhooksUseCases } from "./webhooks.ts";

export type WebhookUseCases = ReturnType<typeof createWebhookUseCases>;

/** Every one throws AppError not_found for what is not the user's, and invalid for input that is not right. */
export function createWebhookUseCases(
  deps: Omit<UseCaseDeps, "ids" | "sendsMail"> & Readonly<{ ids?: Ids; sendsMail?: boolean }>,
) {
  const complete = { ids: { newId, newUnguessableId }, sendsMail: false, ...deps };
  return {
    webhooks: createWebhooksUseCases(complete),
    entrypoints: createEntrypointUseCases(complete),
    targets: createTargetUseCases(complete),
  };
}
