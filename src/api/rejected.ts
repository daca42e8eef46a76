/** /webhooks/{id}/rejected: requests that could not be verified, verified again or deleted. */
import { z } from "zod";
import type { Caller } from "../auth/api-keys.ts";
import { notFound } from "../lib/errors.ts";
import type { RejectedRequest, RejectedSummary } from "../storage/event-db/rejected.ts";
import type { ApiDeps } from "./deps.ts";
import { type Operation, operation } from "./operation.ts";
import { base64, presentHeaders, time } from "./presenters.ts";
import { rawBodyResponse } from "./raw-body.ts";
import {
  rejectedDeletionSchema,
  rejectedPath,
  rejectedSchema,
  rejectedSummarySchema,
  rejectedVerificationSchema,
} from "./rejected-schemas.ts";
import { listOf, webhookPath } from "./schemas.ts";

const tag = "Rejected requests";
const listPath = "/webhooks/:webhook_id/rejected";
const path = `${listPath}/:rejected_id`;

const entrypoint_id = z.string().optional().describe("Those of this entrypoint alone.");

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("Requests on a page."),
  cursor: z.string().min(1).optional().describe("`next_cursor` of the page before."),
  entrypoint_id,
});

/** More are better named by their entrypoint. */
const MAX_IDS = 1_000;

const choice = z
  .strictObject({
    ids: z.array(z.string()).max(MAX_IDS).optional().describe("These; else all there are."),
    entrypoint_id,
  })
  .meta({ id: "RejectedChoice" });

export function rejectedOperations({ useCases, rejected, verifyAgain }: ApiDeps): readonly Operation[] {
  async function requireWebhook({ userId }: Caller, webhookId: string): Promise<string> {
    return (await useCases.webhooks.get({ userId, webhookId })).id;
  }

  async function get(caller: Caller, params: { webhook_id: string; rejected_id: string }) {
    const webhookId = await requireWebhook(caller, params.webhook_id);
    const request = await rejected.find(webhookId, params.rejected_id);
    if (request === null) throw notFound("rejected request");
    return request;
  }

  return [
    operation({
      id: "listRejected",
      method: "GET",
      path: listPath,
      tag,
      summary: "List the requests that could not be verified, newest first",
      description:
        "They are kept within bounds for each entrypoint, the oldest go first; see `keep_rejected`.",
      params: webhookPath,
      query: pageQuery,
      success: { status: 200, description: "One page.", schema: listOf(rejectedSummarySchema) },
      async handle({ caller, params, query: { limit, cursor = null, entrypoint_id = null } }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const asked = { limit, cursor, entrypointId: entrypoint_id };
        const { requests, nextCursor } = await rejected.list(webhookId, asked);
        return { data: requests.map(presentSummary), next_cursor: nextCursor };
      },
    }),
    operation({
      id: "getRejected",
      method: "GET",
      path,
      tag,
      summary: "Read a rejected request",
      params: rejectedPath,
      success: { status: 200, description: "As it came, with the reason.", schema: rejectedSchema },
      handle: async ({ caller, params }) => present(await get(caller, params)),
    }),
    operation({
      id: "getRejectedBody",
      method: "GET",
      path: `${path}/body`,
      tag,
      summary: "Read the bytes of a rejected request's body",
      params: rejectedPath,
      success: { status: 200, description: "The bytes as they came.", contentType: "*/*" },
      handle: async ({ caller, params }) => rawBodyResponse(await get(caller, params)),
    }),
    operation({
      id: "verifyRejected",
      method: "POST",
      path: `${listPath}/verify`,
      tag,
      summary: "Verify rejected requests again and deliver those that pass",
      description:
        "By the entrypoint's verification as it is now. Those that pass become events, received now; a signed time is compared with when they came.",
      params: webhookPath,
      body: choice,
      emptyBody: {},
      success: { status: 200, description: "What became of them.", schema: rejectedVerificationSchema },
      async handle({ caller, params, body: { ids = null, entrypoint_id = null } }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const { checked, eventIds } = await verifyAgain({ webhookId, ids, entrypointId: entrypoint_id });
        return { checked, released: eventIds.length, event_ids: [...eventIds] };
      },
    }),
    operation({
      id: "deleteManyRejected",
      method: "POST",
      path: `${listPath}/delete`,
      tag,
      summary: "Delete rejected requests",
      params: webhookPath,
      body: choice,
      success: { status: 200, description: "How many.", schema: rejectedDeletionSchema },
      async handle({ caller, params, body: { ids, entrypoint_id = null } }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const chosen = ids ?? (await rejected.listIds(webhookId, entrypoint_id));
        return { deleted: await rejected.remove(webhookId, chosen) };
      },
    }),
    operation({
      id: "deleteRejected",
      method: "DELETE",
      path,
      tag,
      summary: "Delete a rejected request",
      params: rejectedPath,
      success: { status: 204, description: "It is deleted." },
      async handle({ caller, params }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        if ((await rejected.remove(webhookId, [params.rejected_id])) === 0)
          throw notFound("rejected request");
      },
    }),
  ];
}

function presentSummary(request: RejectedSummary): z.infer<typeof rejectedSummarySchema> {
  return {
    id: request.id,
    entrypoint_id: request.entrypointId,
    received_at: time(request.receivedAt),
    reason: request.reason,
    method: request.method,
    path_tail: request.pathTail,
    query: request.query,
    content_type: request.contentType,
    body_size: request.bodySize,
    remote_address: request.remoteAddress,
  };
}

function present(request: RejectedRequest): z.infer<typeof rejectedSchema> {
  return {
    ...presentSummary(request),
    headers: presentHeaders(request.headers),
    body_base64: base64(request.body),
  };
}
