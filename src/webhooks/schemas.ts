/** What people and programs may say of webhooks, entrypoints and targets, as it stands on the wire. */
import { z } from "zod";
import { entrypointSettingsChangeShape, entrypointSettingsShape } from "../settings/entrypoint-settings.ts";
import { deliveryPolicyChangeShape, deliveryPolicyShape } from "../targets/delivery-policy.ts";
import { noticesInput } from "./notice-settings.ts";
import { signingInput } from "./target-signing.ts";
import { providerName, targetTypeName } from "./type-names.ts";

const name = z.string().trim().min(1).max(200);
const active = z.boolean();

/** A century; the server's own default has the same limit. */
const MAX_RETENTION_DAYS = 36_500;

/** Less would be full with one event; more is no whole number any more. */
const MIN_RETENTION_BYTES = 1024 * 1024;

const webhookShape = {
  name,
  retention_days: z
    .int()
    .min(1)
    .max(MAX_RETENTION_DAYS)
    .nullable()
    .optional()
    .describe("How long events are kept; null: as long as the server keeps them by default."),
  retention_bytes: z
    .int("must be a whole number of bytes")
    .min(MIN_RETENTION_BYTES, "must be at least 1048576 bytes (1 MB)")
    .nullable()
    .optional()
    .describe(
      "The most that is stored; beyond it the oldest events go first, undelivered ones never. null: no limit.",
    ),
  notices: noticesInput,
};

export const webhookInput = z.strictObject(webhookShape);
export const webhookChange = z
  .strictObject({
    ...webhookShape,
    events_lost_at: z
      .null()
      .optional()
      .describe("null: the loss of its events is known, and not told any more."),
  })
  .partial();

export const verificationInput = z.strictObject({
  type: providerName,
  config: z.record(z.string(), z.unknown()).optional().describe("Depends on the type."),
});

/** What a trial takes: the part of an entrypoint's change that is to be tried. */
export const verificationTrialInput = z.strictObject({ verification: verificationInput });

const entrypointShape = {
  name: name.optional().describe("Without one it is called Entrypoint."),
  active: active.optional().describe("true unless said otherwise; an inactive entrypoint answers 410."),
  verification: verificationInput
    .nullable()
    .optional()
    .describe("How requests prove whose they are; null, the default: whoever knows the URL may send."),
};

export const entrypointInput = z.strictObject({ ...entrypointShape, ...entrypointSettingsShape });
export const entrypointChange = z
  .strictObject({ ...entrypointShape, ...entrypointSettingsChangeShape })
  .partial();

const targetShape = {
  name,
  type: targetTypeName,
  config: z.record(z.string(), z.unknown()).optional().describe("Depends on the type."),
  active: active.optional().describe("true unless said otherwise; an inactive target's deliveries wait."),
};

const signing = signingInput
  .optional()
  .describe("How requests are signed (Standard Webhooks); a type that signs does so unless told otherwise.");

export const targetInput = z.strictObject({ ...targetShape, signing, ...deliveryPolicyShape });

export const targetChange = z
  .strictObject({
    ...targetShape,
    type: targetShape.type.describe("Cannot change; may be repeated."),
    signing,
    ...deliveryPolicyChangeShape,
  })
  .partial();
