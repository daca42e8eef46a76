/** /webhooks/{id}/targets: the destinations of a webhook's events. */

import type { Caller } from "../../auth/api-keys.ts";
import { filterTrialInput, targetChange, targetInput } from "../../webhooks/schemas.ts";
import { rotationInput } from "../../webhooks/target-signing.ts";
import type { ApiDeps } from "../deps.ts";
import { filterTrialSchema } from "../events/event-schemas.ts";
import { configComponent } from "../openapi.ts";
import { type Operation, operation } from "../operation.ts";
import { listOf, targetPath, targetSchema, transformationVersionSchema, webhookPath } from "../schemas.ts";
import { createTargetPresenter, presentFilterTrial, presentTransformation } from "./present-targets.ts";
import { presentTransformationTrial, transformationTrialSchema } from "./transformed.ts";

const tag = "Targets";

const trialSchema = filterTrialSchema
  .extend({
    transformation: transformationTrialSchema
      .nullable()
      .describe("Trial of the transformation; null: none was given."),
  })
  .meta({ id: "TargetTrial", description: "Stored events as settings of a target would have treated them." });

const listPath = "/webhooks/:webhook_id/targets";
const path = `${listPath}/:target_id`;

type Params = { webhook_id: string; target_id: string };

export function targetOperations(deps: ApiDeps): readonly Operation[] {
  const { targets } = deps.useCases;
  const { targetTypes, throttle } = deps;
  const present = createTargetPresenter(throttle);
  const configs = targetTypes.list().map(({ type }) => `\`${type}\`: ${configComponent(type)}`);
  const updated = { status: 200, description: "The updated target.", schema: targetSchema } as const;
  return [
    operation({
      id: "listTargets",
      method: "GET",
      path: listPath,
      tag,
      scope: "webhooks:read",
      summary: "List a webhook's targets",
      params: webhookPath,
      success: { status: 200, description: "All targets.", schema: listOf(targetSchema) },
      async handle({ caller: { userId }, params }) {
        const all = await targets.list({ userId, webhookId: params.webhook_id });
        return { data: await present.all(all), next_cursor: null };
      },
    }),
    operation({
      id: "createTarget",
      method: "POST",
      path: listPath,
      tag,
      scope: "webhooks:write",
      summary: "Create a target",
      description: `It receives events that arrive from now on. The schema of \`config\` by type: ${configs.join(", ")}.`,
      params: webhookPath,
      body: targetInput,
      success: { status: 201, description: "The new target.", schema: targetSchema },
      location: (made) => `/webhooks/${made.webhook_id}/targets/${made.id}`,
      async handle({ caller: { userId }, params, body: input }) {
        return present.one(await targets.create({ userId, webhookId: params.webhook_id, input }));
      },
    }),
    operation({
      id: "getTarget",
      method: "GET",
      path,
      tag,
      scope: "webhooks:read",
      summary: "Read a target",
      params: targetPath,
      success: { status: 200, description: "The target.", schema: targetSchema },
      handle: async ({ caller, params }) => present.one(await targets.get(which(caller, params))),
    }),
    operation({
      id: "changeTarget",
      method: "PATCH",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Change a target",
      description:
        'Fields that are left out stay unchanged. `config` is replaced as a whole, but a secret that is left out or sent back as "[secret]" is kept.',
      params: targetPath,
      body: targetChange,
      success: updated,
      async handle({ caller, params, body: input }) {
        const of = which(caller, params);
        const target = await targets.update({ ...of, input });
        await throttle.changed(of);
        return present.one(target);
      },
    }),
    operation({
      id: "listTransformations",
      method: "GET",
      path: `${path}/transformations`,
      tag,
      scope: "webhooks:read",
      summary: "List the versions of a target's transformation",
      description: "Every version stays. To use an earlier one again, change the target's `transformation`.",
      params: targetPath,
      success: {
        status: 200,
        description: "All of them, the latest first.",
        schema: listOf(transformationVersionSchema),
      },
      async handle({ caller, params }) {
        const versions = await targets.listTransformations(which(caller, params));
        return { data: versions.map(presentTransformation), next_cursor: null };
      },
    }),
    operation({
      id: "tryTarget",
      method: "POST",
      path: `${path}/try`,
      tag,
      scope: "webhooks:write",
      summary: "Try event types, a filter and a transformation on stored events",
      description:
        "Saves nothing. Event types and filter that are left out are the saved ones; a transformation that is left out is not tried.",
      params: targetPath,
      body: filterTrialInput,
      emptyBody: filterTrialInput.parse({}),
      success: { status: 200, description: "The result of the trial.", schema: trialSchema },
      async handle({ caller, params, request: { signal }, body: input }) {
        const asked = { ...which(caller, params), input, signal };
        const filter = await deps.targetTrials.filter.run(asked);
        const transformation = await deps.targetTrials.transformation.run(asked);
        return {
          ...presentFilterTrial(filter),
          transformation: transformation && presentTransformationTrial(transformation),
        };
      },
    }),
    operation({
      id: "rotateSigning",
      method: "POST",
      path: `${path}/signing/rotate`,
      tag,
      scope: "webhooks:write",
      summary: "Rotate a target's signing secret",
      description:
        "Requests are signed with both secrets until the overlap ends. Only this response contains the new `signing_secret`.",
      params: targetPath,
      body: rotationInput,
      emptyBody: rotationInput.parse({}),
      success: updated,
      errors: ["conflict"],
      handle: async ({ caller, params, body: input }) =>
        present.one(await targets.rotateSigning({ ...which(caller, params), input })),
    }),
    operation({
      id: "deleteTarget",
      method: "DELETE",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Delete a target",
      description: "Its pending deliveries are discarded.",
      params: targetPath,
      success: { status: 204, description: "Deleted." },
      async handle({ caller, params }) {
        await targets.remove(which(caller, params));
      },
    }),
    ...[true, false].map((active) =>
      operation({
        id: active ? "activateTarget" : "deactivateTarget",
        method: "POST",
        path: `${path}/${active ? "activate" : "deactivate"}`,
        tag,
        scope: "webhooks:write",
        summary: active ? "Enable a target" : "Disable a target",
        description: active
          ? "Its waiting deliveries are sent."
          : "New events are not delivered to it, and pending deliveries wait. To hold new events too, pause it instead.",
        params: targetPath,
        success: updated,
        handle: async ({ caller, params }) =>
          present.one(await targets.setActive({ ...which(caller, params), active })),
      }),
    ),
  ];
}

function which({ userId }: Caller, params: Params) {
  return { userId, webhookId: params.webhook_id, targetId: params.target_id };
}
