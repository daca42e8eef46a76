/** /webhooks/{id}/targets/{id}/pull: programs that cannot be reached fetch their deliveries. */
import { outcomeOf } from "../../targets/response-outcome.ts";
import type { LeaseResult } from "../../webhooks/pulls.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { targetPath } from "../schemas.ts";
import { pulledSchema, pullInput, type ResultInput } from "./pull-schemas.ts";
import { pulledResponse } from "./pulled-response.ts";

export function pullOperations({ pull, clock }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "pullDeliveries",
      method: "POST",
      path: "/webhooks/:webhook_id/targets/:target_id/pull",
      tag: "Targets",
      scope: "pull",
      summary: "Pull deliveries, and bring the results of earlier ones",
      description:
        "For targets of the type `pull`. Waits until there is a delivery, and responds with all that are due, up to `max`. Each must be answered in the `results` of a later request; one that is not answered within `lease_ms` is due again, and no attempt is counted. Several programs may pull from one target: each delivery goes to one of them.",
      params: targetPath,
      body: pullInput,
      emptyBody: pullInput.parse({}),
      waits: true,
      success: {
        status: 200,
        description: "The deliveries; none if none came in time.",
        schema: pulledSchema,
      },
      errors: ["conflict", "rate_limited"],
      async handle({ caller: { userId }, params, body: { wait, max, results }, request, isKeyUsable }) {
        const pulled = await pull({
          userId,
          webhookId: params.webhook_id,
          targetId: params.target_id,
          max,
          waitMs: wait * 1_000,
          signal: request.signal,
          isStillKnown: isKeyUsable,
          results: results.map((result) => toResult(result, clock.now())),
        });
        return pulledResponse(pulled, clock.now());
      },
    }),
  ];
}

function toResult(given: ResultInput, now: number): LeaseResult {
  const { lease_id: leaseId, status_code: statusCode, headers, error } = given;
  if (statusCode !== undefined) {
    const body = Buffer.from(given.body_base64, "base64");
    const response = { statusCode, headers, body, bodyTruncated: given.body_truncated };
    return { leaseId, outcome: outcomeOf(response, now) };
  }
  if (error === undefined) return { leaseId, outcome: { kind: "released" } };
  return { leaseId, outcome: { kind: "failed", retryable: true, error, response: null } };
}
