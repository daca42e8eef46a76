/** /api-keys: the keys of the caller's user. */
import { z } from "zod";
import type { APIKey } from "../../auth/api-keys.ts";
import { notFound } from "../../lib/errors.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { id, time } from "../schema-parts.ts";
import { listOf } from "../schemas.ts";
import { limitsShape, presentLimits, scopes, webhookIds } from "./key-limits.ts";

const tag = "API keys";
const scope = "admin";

const keyInput = z
  .strictObject({
    name: z.string().describe("The key's purpose."),
    scopes: scopes.optional(),
    webhook_ids: webhookIds.optional(),
    expires_at: z.iso
      .datetime({ offset: true })
      .nullable()
      .optional()
      .describe("Refused from then on; null, the default: never."),
  })
  .meta({ id: "ApiKeyInput" });

const keyShape = {
  id,
  name: z.string(),
  prefix: z.string().describe("The first characters of the key."),
  ...limitsShape,
  created_at: time,
  last_used_at: time.nullable().describe("Written every half minute."),
  last_used_from: z.string().nullable().describe("The client's address."),
  revoked_at: time.nullable(),
};
const keySchema = z.strictObject(keyShape).meta({ id: "ApiKey" });
const newKeySchema = z
  .strictObject({ ...keyShape, key: z.string().describe("Only in this response.") })
  .meta({ id: "NewApiKey" });
const keyPath = z.object({ key_id: id });

export function apiKeyOperations({ apiKeys }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "listApiKeys",
      method: "GET",
      path: "/api-keys",
      tag,
      scope,
      summary: "List your API keys, oldest first",
      success: { status: 200, description: "All keys, also revoked ones.", schema: listOf(keySchema) },
      handle: async ({ caller: { userId } }) => ({
        data: apiKeys.list({ userId }).map(presentKey),
        next_cursor: null,
      }),
    }),
    operation({
      id: "createApiKey",
      method: "POST",
      path: "/api-keys",
      tag,
      scope,
      summary: "Create an API key",
      description: "It may do no more than the key that creates it. Only this response contains the key.",
      body: keyInput,
      success: { status: 201, description: "The new key.", schema: newKeySchema },
      location: (made) => `/api-keys/${made.id}`,
      async handle({ caller, body }) {
        const wanted = {
          userId: caller.userId,
          name: body.name,
          scopes: body.scopes,
          webhookIds: body.webhook_ids,
          expiresAt: body.expires_at ? Date.parse(body.expires_at) : null,
        };
        const { apiKey, token } = apiKeys.create(wanted, { grantor: caller });
        return { ...presentKey(apiKey), key: token };
      },
    }),
    operation({
      id: "getApiKey",
      method: "GET",
      path: "/api-keys/:key_id",
      tag,
      scope,
      summary: "Read an API key",
      params: keyPath,
      success: { status: 200, description: "The key's limits and last use.", schema: keySchema },
      async handle({ caller: { userId }, params }) {
        const found = apiKeys.list({ userId }).find((each) => each.id === params.key_id);
        if (!found) throw notFound("API key");
        return presentKey(found);
      },
    }),
    operation({
      id: "revokeApiKey",
      method: "DELETE",
      path: "/api-keys/:key_id",
      tag,
      scope,
      summary: "Revoke an API key",
      params: keyPath,
      success: { status: 204, description: "Refused from now on." },
      async handle({ caller: { userId }, params }) {
        apiKeys.revoke({ id: params.key_id, userId });
      },
    }),
  ];
}

function presentKey(key: APIKey): z.infer<typeof keySchema> {
  const at = (ms: number | null) => (ms === null ? null : presentTime(ms));
  return {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    ...presentLimits(key),
    created_at: presentTime(key.createdAt),
    last_used_at: at(key.lastUsedAt),
    last_used_from: key.lastUsedFrom,
    revoked_at: at(key.revokedAt),
  };
}
