/** /webhooks/{id}/targets/{id}/…: pause and resume a target, manage its held deliveries and its circuit. */
import { z } from "zod";
import type { Caller } from "../../auth/api-keys.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { targetPath, targetSchema } from "../schemas.ts";
import { createTargetPresenter } from "./present-targets.ts";
import { discardedSchema } from "./throttle-schemas.ts";

const tag = "Targets";
const path = "/webhooks/:webhook_id/targets/:target_id";

const discardInput = z.strictObject({
  reason: z.string().trim().min(1).max(500).optional().describe("Stored with each delivery."),
});

type Params = { webhook_id: string; target_id: string };

export function targetThrottleOperations({ useCases: { targets }, throttle }: ApiDeps): readonly Operation[] {
  const present = createTargetPresenter(throttle);
  const updated = { status: 200, description: "The updated target.", schema: targetSchema } as const;

  return [
    operation({
      id: "pauseTarget",
      method: "POST",
      path: `${path}/pause`,
      tag,
      scope: "replay",
      summary: "Pause a target",
      description:
        "Pending deliveries become `held`, and so do those of new events. Attempts in progress are completed.",
      params: targetPath,
      success: updated,
      handle: async ({ caller, params }) =>
        present.one(await targets.setPaused({ ...which(caller, params), paused: true })),
    }),
    operation({
      id: "resumeTarget",
      method: "POST",
      path: `${path}/resume`,
      tag,
      scope: "replay",
      summary: "Resume a target and release its deliveries gradually",
      description:
        "New events are delivered right away. Held deliveries follow at two per second; the rate doubles every ten seconds while the target accepts them, within the target's own limits.",
      params: targetPath,
      success: updated,
      handle: async ({ caller, params }) =>
        present.one(await targets.setPaused({ ...which(caller, params), paused: false })),
    }),
    operation({
      id: "releaseHeldDeliveries",
      method: "POST",
      path: `${path}/release`,
      tag,
      scope: "replay",
      summary: "Resume a target and release all its deliveries now",
      description: "As fast as the target responds, within its own limits, without a gradual increase.",
      params: targetPath,
      success: updated,
      async handle({ caller, params }) {
        const of = which(caller, params);
        const target = await targets.setPaused({ ...of, paused: false });
        throttle.hurry(of);
        return present.one(target);
      },
    }),
    operation({
      id: "discardHeldDeliveries",
      method: "POST",
      path: `${path}/discard-held`,
      tag,
      scope: "replay",
      summary: "Discard a target's held deliveries",
      description: "They are not sent. Each stores the reason and can be replayed while its event is kept.",
      params: targetPath,
      body: discardInput,
      emptyBody: {},
      success: { status: 200, description: "The number of discarded deliveries.", schema: discardedSchema },
      async handle({ caller, params, body: { reason } }) {
        const of = which(caller, params);
        await targets.get(of);
        return { discarded: await throttle.discardHeld({ ...of, reason }) };
      },
    }),
    operation({
      id: "resetTargetCircuit",
      method: "POST",
      path: `${path}/reset-circuit`,
      tag,
      scope: "replay",
      summary: "Close a target's circuit and retry now",
      description: "Also ends a rate-limit wait (429, 503 or Retry-After).",
      params: targetPath,
      success: updated,
      async handle({ caller, params }) {
        const of = which(caller, params);
        const target = await targets.get(of);
        await throttle.resetCircuit(of);
        return present.one(target);
      },
    }),
  ];
}

function which({ userId }: Caller, params: Params) {
  return { userId, webhookId: params.webhook_id, targetId: params.target_id };
}
