/** The settings of a webhook: one schema for API, database and imports, and beside it one list of fields for forms. */
import { z } from "zod";
import type { FormField } from "./form-field.ts";
import { indexedFieldsSchema } from "./indexed-fields.ts";
import { noticesSchema } from "./notice-settings.ts";

/** A century; the server's own default has the same limit. */
const MAX_RETENTION_DAYS = 36_500;

/** A smaller file would be full with one event. */
const MIN_RETENTION_BYTES = 1024 * 1024;

export const webhookSettingsShape = {
  retention_days: z
    .int()
    .min(1)
    .max(MAX_RETENTION_DAYS)
    .nullable()
    .describe("Days that events are kept; null: the server's default.")
    .default(null),
  retention_bytes: z
    .int("must be a whole number of bytes")
    .min(MIN_RETENTION_BYTES, "must be at least 1048576 bytes (1 MB)")
    .nullable()
    .describe(
      "Storage limit. Above it the oldest events are deleted first; undelivered events are never deleted for it. null: no limit.",
    )
    .default(null),
  indexed_fields: indexedFieldsSchema
    .describe(
      "Fields by which events are found, each a name, `=` and a header's name or a path in the body such as `$.order.id`.",
    )
    .default([]),
  notices: noticesSchema.default(null),
};

/** The settings that the form draws one below the other. `notices` has a page of its own. */
export function webhookSettingsFields(server: {
  /** The server's default. */
  retentionDays: number;
}): readonly FormField[] {
  return [
    {
      name: "retention_days",
      nullable: true,
      label: "Days to keep events",
      kind: "number",
      min: 1,
      max: MAX_RETENTION_DAYS,
      placeholder: String(server.retentionDays),
      help: `Leave empty for the server default (${server.retentionDays === 1 ? "1 day" : `${server.retentionDays} days`}). An event that is not delivered is kept twice as long; then its deliveries are discarded with that reason, and it is deleted a day later.`,
    },
    {
      name: "retention_bytes",
      nullable: true,
      label: "Storage limit",
      kind: "size",
      placeholder: "no limit",
      help: "For example 500 MB or 2 GB. Leave empty for no limit. Above it the oldest events are deleted first, even before their time, but never one that is not yet delivered.",
    },
    {
      name: "indexed_fields",
      section: "Search",
      label: "Fields to find events by",
      kind: "list",
      placeholder: "order_id=$.order.id",
      help: "Up to five, one per line: a name, “=” and a header or a path in the body. The log then takes field.order_id=4711 in its address.",
    },
  ];
}

export const webhookSettingsSchema = z.strictObject(webhookSettingsShape);

/** Names and values are the same in the API, the forms and the database. */
export type WebhookSettings = Readonly<z.output<typeof webhookSettingsSchema>>;

/** Settings of a newer version are left out, and notices that it alone understands: the webhook stays usable. */
const storedSettings = z.object({
  ...webhookSettingsShape,
  notices: webhookSettingsShape.notices.catch(null),
});

/** Completes what is stored by the defaults; null stands for all of them. Throws a ZodError on other wrong values. */
export function readWebhookSettings(stored: unknown): WebhookSettings {
  return storedSettings.parse(stored ?? {});
}

/** Returns what to store: null where every setting has its default. */
export function toStoredWebhookSettings(settings: WebhookSettings): WebhookSettings | null {
  return JSON.stringify(settings) === JSON.stringify(readWebhookSettings(null)) ? null : settings;
}
