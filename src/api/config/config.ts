/** /config: what the caller owns as one document, to read, to compare and to bring about. */
import { z } from "zod";
import type { Applied } from "../../webhooks/config/apply-config.ts";
import { OBJECT_KINDS } from "../../webhooks/config/plan.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, openOperation, operation } from "../operation.ts";
import { requireScope } from "../people/access.ts";
import { count } from "../schema-parts.ts";
import { webhookPath } from "../schemas.ts";
import { createConfigSchema } from "./config-schema.ts";

const tag = "Configuration";
/** Kept objects that a response lists. */
const MOST_KEPT = 100;

const kind = z.enum(OBJECT_KINDS);
const revision = z
  .string()
  .max(20)
  .describe(
    "Changes with every change of your webhooks, their parts and members, your event types and settings.",
  );

const configInput = z
  .strictObject({
    document: z
      .record(z.string(), z.unknown())
      .describe("As /config.schema.json describes it, with values instead of placeholders."),
    dry_run: z.boolean().default(false).describe("true: tells the changes, and makes none."),
    prune: z
      .boolean()
      .default(false)
      .describe(
        "true: also deletes what is `managed_by` a file and not named in the document, webhooks with their events. Objects that people made by hand are never deleted.",
      ),
    expected_revision: revision
      .nullable()
      .default(null)
      .describe(
        "The `revision` of a dry run. If anything has changed since, nothing is done, and the status is 409.",
      ),
  })
  .meta({ id: "ConfigInput" });

const changeSchema = z
  .strictObject({
    action: z.enum(["create", "update", "delete"]),
    kind,
    path: z.string().describe("Place in the document, such as webhooks.orders.targets.billing."),
    id: z.string().describe("A dry run gives new objects an id that they will not have."),
    name: z.string().describe("Empty for settings."),
    adopts: z.boolean().describe("true: no file manages the object until now."),
    fields: z.array(
      z.strictObject({
        field: z.string(),
        secret: z.boolean().describe("true: neither value is told."),
        before: z.string().nullable().describe("JSON, at most 200 characters; null: there is none."),
        after: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: "ConfigChange" });

const appliedSchema = z
  .strictObject({
    revision,
    applied: z.boolean().describe("false: nothing was done, as there was nothing to do or for a dry run."),
    changes: z.array(changeSchema),
    kept: z
      .strictObject({
        total: count,
        objects: z
          .array(
            z.strictObject({
              kind,
              path: z.string(),
              id: z.string(),
              name: z.string(),
              managed: z.boolean().describe("true: `prune` would delete it."),
            }),
          )
          .describe(`The first ${MOST_KEPT}.`),
      })
      .describe("Objects that the document does not name, and that stay."),
  })
  .meta({ id: "AppliedConfig" });

const exportedSchema = z
  .strictObject({
    revision,
    document: z
      .record(z.string(), z.unknown())
      .describe(
        "As `PUT /config` takes it, with a placeholder for each secret, which names an environment variable.",
      ),
  })
  .meta({ id: "ExportedConfig" });

const exportQuery = z.strictObject({
  webhook_id: z.string().min(1).optional().describe("Only this webhook."),
});

export function configOperations(deps: ApiDeps): readonly Operation[] {
  const { applyConfig, exportConfig, unmanage } = deps.useCases;
  let schema: unknown = null;
  return [
    operation({
      id: "exportConfig",
      method: "GET",
      path: "/config",
      tag,
      scope: "webhooks:read",
      summary: "Read what you own as one document",
      description:
        "Secrets are replaced by placeholders. Objects without a key get one of their names. Applied to an empty gateway and read there again, the document is the same.",
      query: exportQuery,
      success: { status: 200, description: "The document.", schema: exportedSchema },
      errors: ["not_found"],
      async handle({ caller: { userId }, query }) {
        return exportConfig({ userId, webhookId: query.webhook_id ?? null });
      },
    }),
    operation({
      id: "applyConfig",
      method: "PUT",
      path: "/config",
      tag,
      scope: "webhooks:write",
      auditsChanges: true,
      summary: "Bring what you own to what a document says",
      description:
        "All of it or nothing. Objects are found by their key, event types by their name; an entrypoint also by its id, and an object without a key by its name if only one has it. A setting that the document leaves out gets its default; a secret that it leaves out stays. Webhooks of others that are shared with you are not concerned. Changes of members need the scope `admin` too.",
      body: configInput,
      success: { status: 200, description: "The changes.", schema: appliedSchema },
      errors: ["conflict"],
      async handle({ caller, body }) {
        const applied = await applyConfig({
          userId: caller.userId,
          document: body.document,
          dryRun: body.dry_run,
          prune: body.prune,
          expectedRevision: body.expected_revision,
          requireMembers: () => requireScope(caller, "admin"),
        });
        for (const of of applied.changedTargets) await deps.throttle.changed(of);
        return present(applied);
      },
    }),
    operation({
      id: "unmanageWebhook",
      method: "POST",
      path: "/webhooks/:webhook_id/unmanage",
      tag,
      scope: "webhooks:write",
      summary: "End that a file manages a webhook and its parts",
      description: "Nothing else changes. Applied again, a file that has their keys manages them again.",
      params: webhookPath,
      success: { status: 204, description: "No file manages them." },
      async handle({ caller: { userId }, params }) {
        await unmanage({ userId, webhookId: params.webhook_id });
      },
    }),
    openOperation(
      {
        id: "getConfigSchema",
        method: "GET",
        path: "/config.schema.json",
        tag,
        summary: "Read the JSON Schema of the document",
        success: {
          status: 200,
          description: "JSON Schema 2020-12.",
          schema: z.record(z.string(), z.unknown()),
        },
      },
      () => {
        // Built on the first request, because it takes longer than the rest of a start.
        schema ??= createConfigSchema(deps);
        return Response.json(schema);
      },
    ),
  ];
}

function present({ revision, applied, changes, kept }: Applied): z.infer<typeof appliedSchema> {
  return {
    revision,
    applied,
    changes: changes.map(({ fields, ...change }) => ({
      ...change,
      fields: fields.map((each) => ({ ...each })),
    })),
    kept: { total: kept.length, objects: kept.slice(0, MOST_KEPT) },
  };
}
