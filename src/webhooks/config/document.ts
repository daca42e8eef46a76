/**
 * A file of configuration as `webhooker apply` sends it: webhooks with their parts and members, each under its key, and what
 * belongs to the user: event types and settings.
 */
import { z } from "zod";
import { isId } from "../../lib/ids.ts";
import { noticesSchema } from "../../settings/notice-settings.ts";
import { webhookSettingsShape } from "../../settings/webhook-settings.ts";
import { catalogueInput, eventTypeInput, MAX_TYPES } from "../catalogue/event-type-json.ts";
import { memberInput } from "../people/member-schemas.ts";
import { portalSettingsShape } from "../portal/portal-inputs.ts";
import { entrypointInput, targetInput, webhookChange, webhookInput } from "../schemas.ts";

export const CONFIG_VERSION = 1;

const KEY = "[a-z0-9-]{1,64}";
const key = z.string().regex(new RegExp(`^${KEY}$`), "must have 1 to 64 characters of a-z, 0-9 and -");

/** An apply is one transaction, which holds up everything else while it runs. */
const MAX_WEBHOOKS = 1_000;
const MAX_PARTS = 200;
const MAX_MEMBERS = 200;

const name = webhookInput.shape.name.optional().describe("Default: the key.");

function partsOf<T extends z.ZodType>(part: T) {
  return z
    .record(key, part)
    .refine((parts) => Object.keys(parts).length <= MAX_PARTS, {
      error: `must have at most ${MAX_PARTS} entries`,
    })
    .default({});
}

export const configEntrypoint = entrypointInput.extend({
  name,
  id: z
    .string()
    .refine(isId, "is not a valid id")
    .optional()
    .describe("With an id that is not in use, a new entrypoint has the URL that ends in it."),
});

export const configTarget = targetInput.extend({ name });

const { target_id: _targetId, ...notices } = noticesSchema.unwrap().shape;
const configNotices = z
  .strictObject({
    target: z
      .string()
      .regex(new RegExp(`^(?:${KEY}/)?${KEY}$`), "must be a target's key, or WEBHOOK/TARGET")
      .nullable()
      .default(null)
      .describe("Key of a target of this webhook, or WEBHOOK/TARGET for one of another."),
    ...notices,
  })
  .refine(({ target, email }) => target !== null || email !== null, {
    error: "needs a target, an email, or both",
    path: ["email"],
  })
  .nullable()
  .default(null)
  .describe("Who is notified of problems; null: nobody.");

const configWebhook = z.strictObject({
  name,
  external_id: webhookChange.shape.external_id.describe("Left out, it stays as it is; null removes it."),
  ...webhookSettingsShape,
  notices: configNotices,
  entrypoints: partsOf(configEntrypoint).describe("Inbound URLs by their keys."),
  targets: partsOf(configTarget).describe("Destinations by their keys."),
  members: z
    .array(memberInput)
    .max(MAX_MEMBERS)
    .optional()
    .describe("Users and teams with a role. Left out: members are not the file's concern."),
});

const configEventTypeSettings = z
  .strictObject({ check: catalogueInput.shape.check.default("off") })
  .describe("Events that are refused when they are published.");

const { name: portalName, colour, logo, origin } = portalSettingsShape;
const configPortalSettings = z
  .strictObject({
    name: portalName.default(null),
    colour: colour.default(null),
    logo: logo.default(null),
    origin: origin.default(null),
  })
  .describe("How the portals of your webhooks look, and which page may frame them.");

/** A user's objects, by the names of the fields. */
export const configSettings = {
  portal_settings: configPortalSettings,
  event_type_settings: configEventTypeSettings,
};

function webhooksOf<T extends z.ZodType>(webhook: T) {
  return z.record(key, webhook).refine((webhooks) => Object.keys(webhooks).length <= MAX_WEBHOOKS, {
    error: `must have at most ${MAX_WEBHOOKS} entries`,
  });
}

export const configDocument = z.strictObject({
  version: z.literal(CONFIG_VERSION).describe("Version of the format."),
  portal_settings: configPortalSettings.optional(),
  event_type_settings: configEventTypeSettings.optional(),
  event_types: z.array(eventTypeInput).max(MAX_TYPES).default([]).describe("Your catalogue, by their names."),
  webhooks: webhooksOf(configWebhook).describe("Webhooks by their keys."),
});

export type ConfigDocument = z.output<typeof configDocument>;
export type ConfigWebhook = z.output<typeof configWebhook>;
export type ConfigEntrypoint = z.output<typeof configEntrypoint>;
export type ConfigTarget = z.output<typeof configTarget>;
export type ConfigEventType = z.output<typeof eventTypeInput>;

/** The same without a look into webhooks, into their parts, and into what is beside them, so that each can be read alone. */
export const outlineOfDocument = configDocument.extend({
  portal_settings: z.unknown().optional(),
  event_type_settings: z.unknown().optional(),
  event_types: z.array(z.unknown()).max(MAX_TYPES).default([]),
  webhooks: webhooksOf(z.unknown()),
});
export const outlineOfWebhook = configWebhook.extend({
  entrypoints: partsOf(z.unknown()),
  targets: partsOf(z.unknown()),
});
