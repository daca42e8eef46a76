/** /webhooks/{id}/targets/{id}/…: pausing a target, what becomes of what it holds, and its circuit. */
import { z } from "zod";
import type { Caller } from "../auth/api-keys.ts";
import type { ApiDeps } from "./deps.ts";
import { discardedSchema } from "./flow-schemas.ts";
import { type Operation, operation } from "./operation.ts";
import { createTargetPresenter } from "./present-targets.ts";
import { targetPath, targetSchema } from "./schemas.ts";

const tag = "Targets";
const path = "/webhooks/:webhook_id/targets/:target_id";

const discardInput = z.strictObject({
  reason: z.string().trim().min(1).max(500).optional().describe("Kept with each of the deliveries."),
});

type Params = { webhook_id: string; target_id: string };

export function targetFlowOperations({ useCases: { targets }, flow }: ApiDeps): readonly Operation[] {
  const present = createTargetPresenter(flow);
  const asItIsNow = { status: 200, description: "The target as it is now.", schema: targetSchema } as const;

  return [
    operation({
      id: "pauseTarget",
      method: "POST",
      path: `${path}/pause`,
      tag,
      summary: "Hold a target's deliveries",
      description:
        "Those that are pending become `held`, and so do those of new events. Tries under way end as they end.",
      params: targetPath,
      success: asItIsNow,
      handle: async ({ caller, params }) =>
        present.one(await targets.setPaused({ ...which(caller, params), paused: true })),
    }),
    operation({
      id: "resumeTarget",
      method: "POST",
      path: `${path}/resume`,
      tag,
      summary: "End a target's pause and drain what it holds",
      description:
        "New events are delivered at once; what is held follows at a rate that rises from two a second and doubles every ten seconds while the target takes it, within the target's own limits.",
      params: targetPath,
      success: asItIsNow,
      handle: async ({ caller, params }) =>
        present.one(await targets.setPaused({ ...which(caller, params), paused: false })),
    }),
    operation({
      id: "releaseHeldDeliveries",
      method: "POST",
      path: `${path}/release`,
      tag,
      summary: "End a target's pause and send all that it holds at once",
      description: "As fast as the target answers, within its own limits and not at a rising rate.",
      params: targetPath,
      success: asItIsNow,
      async handle({ caller, params }) {
        const of = which(caller, params);
        const target = await targets.setPaused({ ...of, paused: false });
        flow.hurry(of);
        return present.one(target);
      },
    }),
    operation({
      id: "discardHeldDeliveries",
      method: "POST",
      path: `${path}/discard-held`,
      tag,
      summary: "Discard what a target holds",
      description:
        "They are never sent; each keeps the reason, and can be replayed as long as its event is kept.",
      params: targetPath,
      body: discardInput,
      emptyBody: {},
      success: { status: 200, description: "What was discarded.", schema: discardedSchema },
      async handle({ caller, params, body: { reason } }) {
        const of = which(caller, params);
        await targets.get(of);
        return { discarded: await flow.discardHeld({ ...of, reason }) };
      },
    }),
    operation({
      id: "resetTargetCircuit",
      method: "POST",
      path: `${path}/reset-circuit`,
      tag,
      summary: "Close a target's circuit and try it at once",
      description: "Also ends a rest that the target asked for.",
      params: targetPath,
      success: asItIsNow,
      async handle({ caller, params }) {
        const of = which(caller, params);
        const target = await targets.get(of);
        await flow.resetCircuit(of);
        return present.one(target);
      },
    }),
  ];
}

function which({ userId }: Caller, params: Params) {
  return { userId, webhookId: params.webhook_id, targetId: params.target_id };
}
