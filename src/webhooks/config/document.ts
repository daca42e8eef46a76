/** A file of configuration as `webhooker apply` sends it: webhooks with their parts and members, each under its key. */
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";
import type { Pause } from "../../lib/pauses.ts";
import { noticesSchema } from "../../settings/notice-settings.ts";
import { webhookSettingsShape } from "../../settings/webhook-settings.ts";
import { memberInput } from "../people/member-schemas.ts";
import { entrypointInput, targetInput, webhookChange, webhookInput } from "../schemas.ts";
import { validate } from "../validate.ts";
import { createFaults } from "./faults.ts";

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

export const configDocument = z.strictObject({
  version: z.literal(CONFIG_VERSION).describe("Of the format."),
  webhooks: z
    .record(key, configWebhook)
    .refine((webhooks) => Object.keys(webhooks).length <= MAX_WEBHOOKS, {
      error: `must have at most ${MAX_WEBHOOKS} entries`,
    })
    .describe("Webhooks by their keys."),
});

export type ConfigDocument = z.output<typeof configDocument>;
export type ConfigWebhook = z.output<typeof configWebhook>;
export type ConfigEntrypoint = z.output<typeof configEntrypoint>;
export type ConfigTarget = z.output<typeof configTarget>;

/** Webhooks are checked one by one, so that a large file does not hold up everything else. */
const outline = configDocument.extend({
  webhooks: z.record(key, z.unknown()).refine((webhooks) => Object.keys(webhooks).length <= MAX_WEBHOOKS, {
    error: `must have at most ${MAX_WEBHOOKS} entries`,
  }),
});

/** Rejects with AppError `invalid`, with a path such as webhooks.orders.targets.billing.config for each fault. */
export async function readConfigDocument(input: unknown, pause: Pause): Promise<ConfigDocument> {
  const { version, webhooks: entries } = validate({ schema: outline, value: input, what: "configuration" });
  const faults = createFaults();
  const webhooks: Record<string, ConfigWebhook> = {};
  for (const [name, value] of Object.entries(entries)) {
    const path = ["webhooks", name];
    const read = faults.within("", () => {
      refusePlaceholders(value, path);
      return validate({ schema: configWebhook, value, what: "configuration", within: path.join(".") });
    });
    if (read !== null) webhooks[name] = read;
    await pause();
  }
  faults.refuse();
  return { version, webhooks };
}

const PLACEHOLDER = /\$\{(?:env|file):[^}]*\}/;
/** Code may have anything in it. */
const CODE = "code";
/** Deeper than any setting, filters included. */
const MAX_DEPTH = 40;

/** Stored as it is, a placeholder would be a secret that everybody knows. */
function refusePlaceholders(value: unknown, path: readonly string[]): void {
  if (typeof value === "string" && PLACEHOLDER.test(value) && path.at(-1) !== CODE) {
    throw invalid(path, "has a placeholder, which only the webhooker command fills in");
  }
  if (typeof value !== "object" || value === null) return;
  if (path.length > MAX_DEPTH) throw invalid(path, "is nested too deeply");
  for (const [name, inner] of Object.entries(value)) refusePlaceholders(inner, [...path, name]);
}

function invalid(path: readonly string[], message: string): AppError {
  const details = [{ path: path.join("."), message }];
  return new AppError({ kind: "invalid", message: "The configuration is not valid.", details });
}
