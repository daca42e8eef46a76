/** Response schemas of the API. Schemas with an id are components of the OpenAPI document. */
import { z } from "zod";
import { entrypointSettingsShape } from "../settings/entrypoint-settings.ts";
import { withoutDefaults } from "../settings/setting-shapes.ts";
import { webhookSettingsShape } from "../settings/webhook-settings.ts";
import { deliveryPolicyShape } from "../targets/delivery-policy.ts";
import { WEBHOOK_ROLES } from "../webhooks/people/roles.ts";
import { providerName, targetTypeName } from "../webhooks/type-names.ts";
import { eventFate } from "./events/event-schemas.ts";
import { count, id, managedShape, time } from "./schema-parts.ts";
import { throttleShape } from "./targets/throttle-schemas.ts";

export const webhookSchema = z
  .strictObject({
    id,
    name: z.string(),
    role: z.enum(WEBHOOK_ROLES).describe("Your role, which says what you may do with it."),
    owner_id: id.describe("Id of the user that it belongs to."),
    external_id: z.string().nullable().describe("The owner's own id of it."),
    ...withoutDefaults(webhookSettingsShape),
    ...managedShape,
    events_lost_at: time
      .nullable()
      .describe("When its event file was missing and an empty one was created; null: never, or dismissed."),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Webhook", description: "Groups entrypoints and targets, and stores their events." });

export const entrypointSchema = z
  .strictObject({
    id,
    webhook_id: id,
    name: z.string(),
    url: z
      .url()
      .nullable()
      .describe("The URL that senders call. Keep it secret. null: your role does not show it."),
    active: z.boolean().describe("false: the entrypoint is disabled and responds 410."),
    verification: z
      .strictObject({
        type: providerName,
        config: z
          .record(z.string(), z.unknown())
          .describe('Depends on the type; secrets show as "[secret]".'),
      })
      .nullable()
      .describe("How requests are verified; null: anyone with the URL can send events."),
    ...withoutDefaults(entrypointSettingsShape),
    ...managedShape,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Entrypoint", description: "An inbound URL." });

export const trialSchema = z
  .strictObject({
    tried: count.describe("Number of events tested. Together with `untried` at most 50, the newest."),
    untried: count.describe("Events that cannot be tested, because the secret they carried is not stored."),
    accepted: count,
    refused: z
      .array(z.strictObject({ event_id: id, received_at: time, reason: z.string() }))
      .describe("Events that would have been rejected, newest first."),
    rejected: z
      .strictObject({
        tried: count.describe(
          "Number of rejected requests tested. Together with `untried` at most 50, the newest.",
        ),
        untried: count.describe("Requests whose secret can no longer be read."),
        accepted: count.describe("Requests that would be accepted after saving and verifying again."),
        refused: z
          .array(z.strictObject({ rejected_id: id, received_at: time, reason: z.string() }))
          .describe("Requests that would be rejected again, newest first."),
      })
      .describe("The same for rejected requests."),
  })
  .meta({ id: "VerificationTrial" });

export const transformationVersionSchema = z
  .strictObject({ version: z.int().describe("From 1."), code: z.string(), created_at: time })
  .meta({ id: "TransformationVersion", description: "A version of the code of a target's transformation." });

export const targetSchema = z
  .strictObject({
    id,
    webhook_id: id,
    name: z.string(),
    type: targetTypeName,
    active: z.boolean().describe("false: the target is disabled, and its deliveries wait."),
    deactivated_reason: z
      .string()
      .nullable()
      .describe("Why the gateway disabled it; null if a user did or it is active."),
    config: z.record(z.string(), z.unknown()).describe('Depends on the type; secrets show as "[secret]".'),
    summary: z.string().describe("A short description of the destination."),
    warning: z.string().nullable().describe("Why every delivery will fail; null if nothing is known."),
    ...withoutDefaults(deliveryPolicyShape),
    ...throttleShape,
    ...managedShape,
    signing: z
      .strictObject({
        scheme: z.enum(["v1", "v1a", "none"]),
        public_key: z.string().nullable().describe("whpk_…: the public key with which receivers verify v1a."),
        previous_until: time
          .nullable()
          .describe("Until then requests are also signed with the previous secret."),
      })
      .describe("Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature on every request."),
    transformation: transformationVersionSchema
      .nullable()
      .describe("The code that changes each request before it is sent; null: requests go out as they came."),
    signing_secret: z
      .string()
      .optional()
      .describe("whsec_…: only in the response that created it. It is not shown again."),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Target", description: "A destination for a webhook's events." });

export const testNoticeSchema = z
  .strictObject({
    channel: z.enum(["target", "email"]),
    error: z.string().nullable().describe("Why it could not be sent; null: it was sent."),
  })
  .meta({ id: "TestNotice" });

export const importSchema = z
  .strictObject({
    webhook: webhookSchema,
    entrypoints: z.array(entrypointSchema),
    targets: z.array(targetSchema),
    notes: z.array(z.string()).describe("Notes on what changed during the import."),
  })
  .meta({ id: "Import", description: "An imported webhook." });

export const replaySchema = z
  .strictObject({ deliveries: count.describe("Number of deliveries scheduled now.") })
  .meta({ id: "Replay" });

export const replayCountSchema = z
  .strictObject({
    events: count,
    deliveries: count.describe("Deliveries that would be scheduled, or were."),
    exact: z
      .boolean()
      .describe("false: there are at least this many; counting them all would take too long."),
    not_searched: count.describe(
      "With `text`: number of events left out because their bodies could not be searched.",
    ),
  })
  .meta({ id: "ReplayCount" });

const replayRunTargetSchema = z
  .strictObject({
    target_id: id,
    state: z
      .enum(["running", "done", "removed"])
      .describe("removed: a user removed this target from the replay."),
    matched: count.nullable().describe("Its deliveries when the replay was counted; null: unknown."),
    replayed: count.describe("Its deliveries scheduled so far."),
    skipped: count.describe("Its deliveries left out because it was deleted."),
    waiting_for: z
      .enum(["paused", "due", "retries"])
      .nullable()
      .describe(
        "The reason why this target waits. paused: to be enabled and resumed; due: due deliveries to be sent first; retries: deliveries between attempts to finish; null: nothing.",
      ),
  })
  .meta({
    id: "ReplayRunTarget",
    description: "The progress of one target of a replay; targets progress independently.",
  });

export const replayRunSchema = z
  .strictObject({
    id,
    webhook_id: id,
    state: z.enum(["counting", "running", "paused", "done", "cancelled"]),
    filter: z
      .strictObject({
        from: time.optional(),
        to: time.optional(),
        entrypoint_id: id.optional(),
        target_id: id.optional(),
        status: eventFate.optional(),
        transformation_failed: z.boolean().optional(),
        answer: z.string().optional(),
        method: z.string().optional(),
        type: z.string().optional(),
        text: z.string().optional(),
        field: z.record(z.string(), z.string()).optional(),
      })
      .nullable(),
    event_ids: z.array(id).nullable(),
    target_id: id.nullable().describe("null: the same targets as before."),
    only_missing: z.boolean(),
    matched: replayCountSchema
      .nullable()
      .describe("The number of events and deliveries selected at the start; null until counted."),
    replayed: count.describe("Deliveries scheduled so far."),
    skipped: count.describe("Deliveries left out because their target was deleted."),
    targets: z
      .array(replayRunTargetSchema)
      .describe("The targets found when counting; further targets are added when the replay reaches them."),
    waiting_for_target_id: id
      .nullable()
      .describe("The first target waited for, if no target can continue; see `targets`."),
    reason: z.string().nullable().describe("Why it was cancelled, if not by a user."),
    asked_by: id.describe("The user who started it."),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "ReplayRun", description: "Delivers many stored events again." });

export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    data: z.array(item),
    next_cursor: z
      .string()
      .nullable()
      .describe("Pass it as `cursor` to get the next page; null on the last page."),
  });
}

const inPath = z.string().meta({ format: "uuid" });

export const webhookPath = z.object({
  webhook_id: z.string().describe("Its id, or `ext:` followed by its external id."),
});
export const entrypointPath = webhookPath.extend({ entrypoint_id: inPath });
export const targetPath = webhookPath.extend({ target_id: inPath });
export const eventPath = webhookPath.extend({ event_id: inPath });
export const resultPath = eventPath.extend({ result_id: inPath });
export const replayPath = webhookPath.extend({ replay_id: inPath });
export const replayTargetPath = replayPath.extend({ target_id: inPath });
