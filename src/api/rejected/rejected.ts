/** /webhooks/{id}/rejected: requests that failed verification; list, re-verify and delete them. */
import { z } from "zod";
import type { Caller } from "../../auth/api-keys.ts";
import { notFound } from "../../lib/errors.ts";
import type { RejectedRequest, RejectedSummary } from "../../storage/event-db/rejected.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { base64, presentHeaders, time } from "../presenters.ts";
import { rawBodyResponse } from "../raw-body.ts";
import { createRequireWebhook } from "../require-webhook.ts";
import { listOf, webhookPath } from "../schemas.ts";
import {
  rejectedDeletionSchema,
  rejectedPath,
  rejectedSchema,
  rejectedSummarySchema,
  rejectedVerificationSchema,
} from "./rejected-schemas.ts";

const tag = "Rejected requests";
const listPath = "/webhooks/:webhook_id/rejected";
const path = `${listPath}/:rejected_id`;

const entrypoint_id = z.string().optional().describe("Only requests to this entrypoint.");

const pageQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(200).default(50).describe("Requests on a page."),
  cursor: z.string().min(1).optional().describe("`next_cursor` of the previous page."),
  entrypoint_id,
});

/** Select more by their entrypoint. */
const MAX_IDS = 1_000;

const choice = z
  .strictObject({
    ids: z.array(z.string()).max(MAX_IDS).optional().describe("Only these requests. Default: all."),
    entrypoint_id,
  })
  .meta({ id: "RejectedChoice" });

export function rejectedOperations({ useCases, rejected, reverify }: ApiDeps): readonly Operation[] {
  const requireWebhook = createRequireWebhook(useCases);

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
      scope: "events:read",
      summary: "List requests that failed verification, newest first",
      description:
        "Each entrypoint keeps a limited number; the oldest are deleted first. See `keep_rejected`.",
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
      scope: "events:read",
      summary: "Read a rejected request",
      params: rejectedPath,
      success: {
        status: 200,
        description: "The request as received, with the reason.",
        schema: rejectedSchema,
      },
      handle: async ({ caller, params }) => present(await get(caller, params)),
    }),
    operation({
      id: "getRejectedBody",
      method: "GET",
      path: `${path}/body`,
      tag,
      scope: "events:read",
      summary: "Read the bytes of a rejected request's body",
      params: rejectedPath,
      success: { status: 200, description: "The bytes as received.", contentType: "*/*" },
      handle: async ({ caller, params }) => rawBodyResponse(await get(caller, params)),
    }),
    operation({
      id: "verifyRejected",
      method: "POST",
      path: `${listPath}/verify`,
      tag,
      scope: "replay",
      summary: "Verify rejected requests again and deliver those that pass",
      description:
        "Uses the entrypoint's current verification. Requests that pass become events, received now. Signed timestamps are compared with the original time of receipt.",
      params: webhookPath,
      body: choice,
      emptyBody: {},
      success: {
        status: 200,
        description: "The result for each request.",
        schema: rejectedVerificationSchema,
      },
      async handle({ caller, params, body: { ids = null, entrypoint_id = null } }) {
        const webhookId = await requireWebhook(caller, params.webhook_id);
        const { checked, eventIds } = await reverify({ webhookId, ids, entrypointId: entrypoint_id });
        return { checked, released: eventIds.length, event_ids: [...eventIds] };
      },
    }),
    operation({
      id: "deleteManyRejected",
      method: "POST",
      path: `${listPath}/delete`,
      tag,
      scope: "webhooks:write",
      summary: "Delete rejected requests",
      params: webhookPath,
      body: choice,
      success: {
        status: 200,
        description: "The number of deleted requests.",
        schema: rejectedDeletionSchema,
      },
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
      scope: "webhooks:write",
      summary: "Delete a rejected request",
      params: rejectedPath,
      success: { status: 204, description: "Deleted." },
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
