/** /webhooks/{id}/entrypoints: the inbound URLs of a webhook. */

import type { Caller } from "../auth/api-keys.ts";
import { readSettings } from "../settings/entrypoint-settings.ts";
import type { Entrypoint } from "../webhooks/entrypoints.ts";
import { entrypointChange, entrypointInput, verificationTrialInput } from "../webhooks/schemas.ts";
import type { ApiDeps } from "./deps.ts";
import { verificationComponent } from "./openapi.ts";
import { type Operation, operation } from "./operation.ts";
import { presentEntrypoint, presentTrial } from "./presenters.ts";
import { entrypointPath, entrypointSchema, listOf, trialSchema, webhookPath } from "./schemas.ts";

const tag = "Entrypoints";
const listPath = "/webhooks/:webhook_id/entrypoints";
const path = `${listPath}/:entrypoint_id`;

type Params = { webhook_id: string; entrypoint_id: string };

export function entrypointOperations(deps: ApiDeps): readonly Operation[] {
  const { entrypoints } = deps.useCases;
  const present = (entrypoint: Entrypoint) => presentEntrypoint(entrypoint, deps.baseUrl);
  const configs = deps.providers.list().map(({ type }) => `\`${type}\`: ${verificationComponent(type)}`);
  const updated = {
    status: 200,
    description: "The updated entrypoint.",
    schema: entrypointSchema,
  } as const;
  return [
    operation({
      id: "listEntrypoints",
      method: "GET",
      path: listPath,
      tag,
      scope: "webhooks:read",
      summary: "List a webhook's entrypoints",
      params: webhookPath,
      success: { status: 200, description: "All entrypoints.", schema: listOf(entrypointSchema) },
      async handle({ caller: { userId }, params }) {
        const all = await entrypoints.list({ userId, webhookId: params.webhook_id });
        return { data: all.map(present), next_cursor: null };
      },
    }),
    operation({
      id: "createEntrypoint",
      method: "POST",
      path: listPath,
      tag,
      scope: "webhooks:write",
      summary: "Create an entrypoint",
      description: `The schema of \`verification.config\` by type: ${configs.join(", ")}.`,
      params: webhookPath,
      body: entrypointInput,
      emptyBody: readSettings({}),
      success: { status: 201, description: "The new entrypoint with its url.", schema: entrypointSchema },
      location: (made) => `/webhooks/${made.webhook_id}/entrypoints/${made.id}`,
      async handle({ caller: { userId }, params, body: input }) {
        return present(await entrypoints.create({ userId, webhookId: params.webhook_id, input }));
      },
    }),
    operation({
      id: "getEntrypoint",
      method: "GET",
      path,
      tag,
      scope: "webhooks:read",
      summary: "Read an entrypoint",
      params: entrypointPath,
      success: { status: 200, description: "The entrypoint.", schema: entrypointSchema },
      handle: async ({ caller, params }) => present(await entrypoints.get(which(caller, params))),
    }),
    operation({
      id: "changeEntrypoint",
      method: "PATCH",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Change an entrypoint",
      description:
        'Fields that are left out stay unchanged. `verification.config` is replaced as a whole, but a secret of the same provider that is left out or sent back as "[secret]" is kept.',
      params: entrypointPath,
      body: entrypointChange,
      success: updated,
      handle: async ({ caller, params, body: input }) =>
        present(await entrypoints.update({ ...which(caller, params), input })),
    }),
    operation({
      id: "testVerification",
      method: "POST",
      path: `${path}/verification/test`,
      tag,
      scope: "webhooks:write",
      summary: "Test a verification against stored events and rejected requests",
      description:
        "Counts how many of the entrypoint's last events and kept rejected requests would be accepted, each checked at the time it was received. Changes nothing. Secrets that are left out are taken from storage. The dashboard's test events are not included.",
      params: entrypointPath,
      body: verificationTrialInput,
      success: { status: 200, description: "The result of the test.", schema: trialSchema },
      handle: async ({ caller, params, body: input }) =>
        presentTrial(await deps.trials.run({ ...which(caller, params), input })),
    }),
    operation({
      id: "deleteEntrypoint",
      method: "DELETE",
      path,
      tag,
      scope: "webhooks:write",
      summary: "Delete an entrypoint",
      description: "Requests to its URL then get 404. Events already received are kept.",
      params: entrypointPath,
      success: { status: 204, description: "Deleted." },
      async handle({ caller, params }) {
        await entrypoints.remove(which(caller, params));
      },
    }),
    ...[true, false].map((active) =>
      operation({
        id: active ? "activateEntrypoint" : "deactivateEntrypoint",
        method: "POST",
        path: `${path}/${active ? "activate" : "deactivate"}`,
        tag,
        scope: "webhooks:write",
        summary: active ? "Enable an entrypoint" : "Disable an entrypoint",
        params: entrypointPath,
        success: updated,
        handle: async ({ caller, params }) =>
          present(await entrypoints.setActive({ ...which(caller, params), active })),
      }),
    ),
  ];
}

function which({ userId }: Caller, params: Params) {
  return { userId, webhookId: params.webhook_id, entrypointId: params.entrypoint_id };
}
