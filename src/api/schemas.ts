/** What the API answers, as it stands on the wire; those with an id are named in the OpenAPI document. */
import { z } from "zod";
import { entrypointSettingsChangeShape } from "../settings/entrypoint-settings.ts";
import { TROUBLE_KINDS } from "../storage/main-db/notice-settings.ts";
import { deliveryPolicyChangeShape } from "../targets/delivery-policy.ts";
import { providerName, targetTypeName } from "../webhooks/type-names.ts";
import { deliveryStatus } from "./event-schemas.ts";
import { targetFlowShape } from "./flow-schemas.ts";
import { count, id, time } from "./schema-parts.ts";

export const webhookSchema = z
  .strictObject({
    id,
    name: z.string(),
    retention_days: z.int().nullable().describe("null: as long as the server keeps events by default."),
    retention_bytes: z.int().nullable().describe("null: no limit on what is stored."),
    notices: z
      .strictObject({
        target_id: z.string().nullable(),
        email: z.string().nullable(),
        on: z.array(z.enum(TROUBLE_KINDS)),
      })
      .nullable()
      .describe("Who is notified of problems; null: nobody."),
    events_lost_at: time
      .nullable()
      .describe(
        "When its event file was missing and an empty one was made; null: never, or it was dismissed.",
      ),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Webhook", description: "Groups entrypoints and targets, and has its own events." });

export const entrypointSchema = z
  .strictObject({
    id,
    webhook_id: id,
    name: z.string(),
    url: z.string().meta({ format: "uri", description: "Where senders POST to. Who knows it may send." }),
    active: z.boolean().describe("An inactive entrypoint refuses what is sent to it with 410."),
    verification: z
      .strictObject({
        type: providerName,
        config: z
          .record(z.string(), z.unknown())
          .describe('Depends on the type; secrets show as "[secret]".'),
      })
      .nullable()
      .describe("How requests prove whose they are; null: whoever knows the URL may send."),
    ...entrypointSettingsChangeShape,
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Entrypoint", description: "An inbound URL." });

export const trialSchema = z
  .strictObject({
    tried: count.describe("With `untried` at most 50, the newest."),
    untried: count.describe("Events that cannot be tried: the secret that came with them is not stored."),
    accepted: count,
    refused: z
      .array(z.strictObject({ event_id: id, received_at: time, reason: z.string() }))
      .describe("Those that would have been refused, newest first."),
    rejected: z
      .strictObject({
        tried: count.describe("With `untried` at most 50, the newest that are kept."),
        untried: count.describe("Those whose secret cannot be read any more."),
        accepted: count.describe("Those that pass once it is saved and they are verified again."),
        refused: z
          .array(z.strictObject({ rejected_id: id, received_at: time, reason: z.string() }))
          .describe("Those that would be refused again, newest first."),
      })
      .describe("The same of the requests that could not be verified."),
  })
  .meta({ id: "VerificationTrial" });

export const targetSchema = z
  .strictObject({
    id,
    webhook_id: id,
    name: z.string(),
    type: targetTypeName,
    active: z.boolean().describe("An inactive target's deliveries wait."),
    deactivated_reason: z
      .string()
      .nullable()
      .describe("Why the gateway deactivated it; null where somebody did, or it is active."),
    config: z.record(z.string(), z.unknown()).describe('Depends on the type; secrets show as "[secret]".'),
    summary: z.string().describe("Where it goes, in a few words."),
    ...deliveryPolicyChangeShape,
    ...targetFlowShape,
    signing: z
      .strictObject({
        scheme: z.enum(["v1", "v1a", "none"]),
        public_key: z.string().nullable().describe("whpk_…: what receivers verify v1a with."),
        previous_until: time.nullable().describe("Until then the secret before the rotation signs as well."),
      })
      .describe("Standard Webhooks: webhook-id, webhook-timestamp and webhook-signature on every request."),
    signing_secret: z
      .string()
      .optional()
      .describe("whsec_…: only in the answer to what made it. It is not shown again."),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Target", description: "Where the events of a webhook are delivered to." });

export const testNoticeSchema = z
  .strictObject({
    channel: z.enum(["target", "email"]),
    error: z.string().nullable().describe("Why it did not arrive; null: it did."),
  })
  .meta({ id: "TestNotice" });

export const importSchema = z
  .strictObject({
    webhook: webhookSchema,
    entrypoints: z.array(entrypointSchema),
    targets: z.array(targetSchema),
    notes: z.array(z.string()).describe("What is not as it was, for people."),
  })
  .meta({ id: "Import", description: "A webhook that was imported." });

export const replaySchema = z
  .strictObject({ deliveries: count.describe("How many deliveries are due now.") })
  .meta({ id: "Replay" });

export const replayCountSchema = z
  .strictObject({
    events: count,
    deliveries: count.describe("That would be made due, or were."),
    exact: z.boolean().describe("false: there are at least as many; counting would have taken too long."),
    not_searched: count.describe(
      "With a `text`: events left out because their bodies could not be searched for it.",
    ),
  })
  .meta({ id: "ReplayCount" });

const replayRunTargetSchema = z
  .strictObject({
    target_id: id,
    state: z
      .enum(["running", "done", "removed"])
      .describe("removed: somebody had the replay go on without this target."),
    matched: count.nullable().describe("Its deliveries when the replay was counted; null: not known."),
    replayed: count.describe("Its deliveries made due so far."),
    skipped: count.describe("Its deliveries left out because it was deleted."),
    waiting_for: z
      .enum(["paused", "due", "retries"])
      .nullable()
      .describe(
        "Before it takes more: that it is active and not paused; that it takes what is due; that deliveries which wait for their next try end. null: nothing.",
      ),
  })
  .meta({
    id: "ReplayRunTarget",
    description: "How far one target of a replay came; each goes on by itself.",
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
        status: deliveryStatus.optional(),
        method: z.string().optional(),
        type: z.string().optional(),
        text: z.string().optional(),
      })
      .nullable(),
    event_ids: z.array(id).nullable(),
    target_id: id.nullable().describe("null: again to the targets that each event already went to."),
    only_missing: z.boolean(),
    matched: replayCountSchema.nullable().describe("What it was to take when it began; null until counted."),
    replayed: count.describe("Deliveries made due so far."),
    skipped: count.describe("Deliveries left out because their target was deleted."),
    targets: z
      .array(replayRunTargetSchema)
      .describe("Those that the replay was counted for, and others once it comes to them."),
    waiting_for_target_id: id
      .nullable()
      .describe("The first target of those waited for, where no target can go on; see `targets`."),
    reason: z.string().nullable().describe("Why it was cancelled, where nobody asked for that."),
    asked_by: id.describe("The user."),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "ReplayRun", description: "Delivers many stored events again." });

export const callerSchema = z.strictObject({ user_id: id, api_key_id: id }).meta({ id: "Caller" });

export const errorSchema = z
  .strictObject({
    error: z.strictObject({
      code: z.string().describe("Stable, for programs."),
      message: z.string().describe("For people."),
      hint: z.string().optional().describe("What can be done about it."),
      details: z
        .array(z.strictObject({ path: z.string(), message: z.string() }))
        .optional()
        .describe("One entry for each field at fault."),
      request_id: z.string().optional().describe("With status 500: where to find it in the server's log."),
    }),
  })
  .meta({ id: "Error" });

export function listOf<T extends z.ZodType>(item: T) {
  return z.strictObject({
    data: z.array(item),
    next_cursor: z.string().nullable().describe("Ask for the next page with it; null on the last one."),
  });
}

const inPath = z.string().meta({ format: "uuid" });

export const webhookPath = z.object({ webhook_id: inPath });
export const entrypointPath = webhookPath.extend({ entrypoint_id: inPath });
export const targetPath = webhookPath.extend({ target_id: inPath });
export const eventPath = webhookPath.extend({ event_id: inPath });
export const replayPath = webhookPath.extend({ replay_id: inPath });
export const replayTargetPath = replayPath.extend({ target_id: inPath });
