/** /webhooks: create, list, read, change and delete webhooks. */

import { z } from "zod";
import { webhookChange, webhookInput } from "../webhooks/schemas.ts";
import type { ApiDeps } from "./deps.ts";
import { type Operation, operation } from "./operation.ts";
import { presentWebhook } from "./presenters.ts";
import { listOf, testNoticeSchema, webhookPath, webhookSchema } from "./schemas.ts";

const tag = "Webhooks";

const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).default(1_000).describe("Webhooks on a page."),
  cursor: z.string().min(1).optional().describe("`next_cursor` of the previous page."),
  external_id: z.string().optional().describe("Only the webhook with this external id."),
});
const path = "/webhooks/:webhook_id";

export function webhookOperations(deps: ApiDeps): readonly Operation[] {
  const { webhooks } = deps.useCases;
  return [
    operation({
      id: "listWebhooks",
      method: "GET",
      path: "/webhooks",
      tag,
      scope: "webhooks:read",
      forLimitedKeys: true,
      summary: "List your webhooks, oldest first",
      query: listQuery,
      success: { status: 200, description: "One page.", schema: listOf(webhookSchema) },
      async handle({
        caller: { userId, webhookIds },
        query: { limit, cursor = null, external_id: externalId = null },
      }) {
        const page = await webhooks.listPage({ userId, only: webhookIds, externalId, cursor, limit });
        return { data: page.webhooks.map(presentWebhook), next_cursor: page.nextCursor };
      },
    }),
    operation({
      id: "createWebhook",
      method: "POST",
      path: "/webhooks",
      tag,
      scope: "webhooks:write",
      summary: "Create a webhook",
      body: webhookInput,
      success: { status: 201, description: "The new webhook.", schema: webhookSchema },
      errors: ["conflict"],
      location: (webhook) => `/webhooks/${webhook.id}`,
      async handle({ caller: { userId }, body: input }) {
        return presentWebhook(await webhooks.create({ userId, input }));
      },
    }),
    operation({
      id: "getWebhook",
      method: "GET",
      path,
      tag,
      scope: "webhooks:read",
      summary: "Read a webhook",
      params: webhookPath,
      success: { status: 200, description: "The webhook.", schema: webhookSchema },
      async handle({ caller: { userId }, params }) {
        return presentWebhook(await webhooks.get({ userId, webhookId: params.webhook_id }));
      },
    }),
    operation({
      id: "changeWebhook",
      method: "PATCH",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Change a webhook",
      description: "Fields that are left out stay unchanged.",
      params: webhookPath,
      body: webhookChange,
      success: { status: 200, description: "The updated webhook.", schema: webhookSchema },
      errors: ["conflict"],
      async handle({ caller: { userId, webhookIds }, params, body: input }) {
        const of = { userId, webhookId: params.webhook_id };
        return presentWebhook(await webhooks.update({ ...of, input, only: webhookIds }));
      },
    }),
    operation({
      id: "deleteWebhook",
      method: "DELETE",
      path,
      tag,
      scope: "webhooks:write",
      role: "owner",
      summary: "Delete a webhook",
      description: "Permanently deletes its entrypoints, targets and events too.",
      params: webhookPath,
      success: { status: 204, description: "Deleted." },
      async handle({ caller: { userId }, params }) {
        await webhooks.remove({ userId, webhookId: params.webhook_id });
      },
    }),
    operation({
      id: "sendTestNotice",
      method: "POST",
      path: `${path}/notices/test`,
      tag,
      scope: "webhooks:write",
      summary: "Send a test notice",
      description: "Sends one notice now to the webhook's notice recipients.",
      params: webhookPath,
      success: {
        status: 200,
        description: "The result of each recipient.",
        schema: listOf(testNoticeSchema),
      },
      errors: ["conflict", "rate_limited"],
      async handle({ caller: { userId }, params }) {
        const webhook = await webhooks.get({ userId, webhookId: params.webhook_id });
        return { data: [...(await deps.sendTestNotice(webhook))], next_cursor: null };
      },
    }),
  ];
}
