/** Schemas of webhooks, entrypoints and targets as people and programs send them. */
import { z } from "zod";
import { entrypointSettingsShape } from "../settings/entrypoint-settings.ts";
import { withoutDefaults } from "../settings/setting-shapes.ts";
import { webhookSettingsShape } from "../settings/webhook-settings.ts";
import { deliveryPolicyShape } from "../targets/delivery-policy.ts";
import { filterPolicyShape } from "../targets/filter-policy.ts";
import { externalId } from "./external-id.ts";
import { signingInput } from "./target-signing.ts";
import { transformationInput } from "./transformations.ts";
import { providerName, targetTypeName } from "./type-names.ts";

const name = z.string().trim().min(1).max(200);
const active = z.boolean();

const external_id = externalId
  .nullable()
  .describe(
    "Your own id of it, such as that of your customer, unique among your webhooks: `/webhooks/ext:ID` stands for its id everywhere.",
  );

export const webhookInput = z
  .strictObject({ name, external_id: external_id.default(null), ...webhookSettingsShape })
  .meta({ id: "WebhookInput" });
export const webhookChange = z
  .strictObject({
    name,
    external_id,
    ...withoutDefaults(webhookSettingsShape),
    events_lost_at: z.null().describe("null: dismisses the note about lost events."),
  })
  .partial()
  .meta({ id: "WebhookChange" });

export const verificationInput = z
  .strictObject({
    type: providerName,
    config: z.record(z.string(), z.unknown()).optional().describe("Depends on the type."),
  })
  .meta({ id: "VerificationInput" });

/** Input of a trial: the part of an entrypoint's change that is to be tried. */
export const verificationTrialInput = z.strictObject({ verification: verificationInput });

const entrypointShape = {
  name: name.optional().describe("Default: Entrypoint."),
  active: active.optional().describe("Default: true. An inactive entrypoint responds with 410."),
  verification: verificationInput
    .nullable()
    .optional()
    .describe("How requests are verified; null, the default: anyone with the URL can send events."),
};

export const entrypointInput = z
  .strictObject({ ...entrypointShape, ...entrypointSettingsShape })
  .meta({ id: "EntrypointInput" });
export const entrypointChange = z
  .strictObject({ ...entrypointShape, ...withoutDefaults(entrypointSettingsShape) })
  .partial()
  .meta({ id: "EntrypointChange" });

const targetShape = {
  name,
  type: targetTypeName,
  config: z.record(z.string(), z.unknown()).optional().describe("Depends on the type."),
  active: active.optional().describe("Default: true. Deliveries to an inactive target wait."),
};

/** Newest events that a filter is tried on. */
const MOST_TRIED = 1_000;

const { event_types, filter } = withoutDefaults(filterPolicyShape);

/** The settings of a target that can be tried on stored events before they are saved. */
export const filterTrialInput = z
  .strictObject({
    event_types: event_types.optional(),
    filter: filter.optional(),
    transformation: transformationInput.optional(),
    last: z
      .int()
      .min(1)
      .max(MOST_TRIED)
      .describe("How many events are tried, from the newest.")
      .default(MOST_TRIED),
  })
  .meta({ id: "TargetTrialInput" });

const signing = signingInput
  .optional()
  .describe("How requests are signed (Standard Webhooks). Default: types that can sign do.");

const transformation = transformationInput.optional();

export const targetInput = z
  .strictObject({ ...targetShape, signing, transformation, ...deliveryPolicyShape })
  .meta({ id: "TargetInput" });

export const targetChange = z
  .strictObject({
    ...targetShape,
    type: targetShape.type.describe("Cannot change; may be repeated."),
    signing,
    transformation,
    ...withoutDefaults(deliveryPolicyShape),
  })
  .partial()
  .meta({ id: "TargetChange" });
