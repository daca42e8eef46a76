/** The event filter of the API, in list queries and replays. */
import { z } from "zod";
import { AppError } from "../lib/errors.ts";
import { findFields } from "../settings/indexed-fields.ts";
import type { EventFilter, FieldCondition } from "../storage/event-db/event-filter.ts";
import { eventFate } from "./event-schemas.ts";

const time = z.iso
  .datetime({ offset: true, error: "must be a time such as 2026-11-24T08:00:00Z" })
  .transform((text) => Date.parse(text));

const text = z.string().max(200).optional();

export const eventFilterShape = {
  from: time.optional().describe("Received at or after this time."),
  to: time.optional().describe("Received at or before this time."),
  entrypoint_id: z.string().optional().describe("Received by this entrypoint."),
  target_id: z.string().optional().describe("With a delivery to this target."),
  status: eventFate
    .optional()
    .describe(
      "With a delivery in this state; with `target_id`, the one to that target. `retrying`: pending, and attempted since it was created or last replayed; `pending` includes those. `filtered`: a target, or that one, did not want it.",
    ),
  transformation_failed: z
    .literal(true)
    .optional()
    .describe("With a delivery that was given up because the target's transformation failed."),
  method: z.string().max(20).optional().describe("Received with this method."),
  type: z.string().max(250).optional().describe("Of this type, exactly."),
  text: text.describe(
    "Found anywhere in the body, as it was sent or as it reads after decompression, charset decoding and removal of JSON and form escapes. ASCII letters match in either case.",
  ),
  fields: z
    .string()
    .max(2_000)
    .optional()
    .describe(
      "With these values of the webhook's indexed fields, as in a query string: `order_id=4711&customer=7`. Numbers are compared as they are written.",
    ),
  q: text.describe("The same as `text`, which has precedence."),
};

const eventFilter = z.strictObject(eventFilterShape);

/** Throws AppError `invalid` for a field that is none of `indexedFields`, the webhook's. */
export function toEventFilter(
  given: z.infer<typeof eventFilter>,
  indexedFields: readonly string[],
): EventFilter {
  const { entrypoint_id: entrypointId, target_id: targetId, q, text = q, fields, ...others } = given;
  const { transformation_failed: transformationFailed, ...rest } = others;
  const wanted = fields === undefined ? undefined : readFields(fields, indexedFields);
  return { ...rest, text, entrypointId, targetId, transformationFailed, fields: wanted };
}

/** The inverse of what `fields` is read from. */
export function fieldsText(fields: readonly FieldCondition[]): string {
  return new URLSearchParams(fields.map(({ name, value }): [string, string] => [name, value])).toString();
}

function readFields(text: string, indexedFields: readonly string[]): readonly FieldCondition[] {
  const { fields, unknown } = findFields(indexedFields, [...new URLSearchParams(text)]);
  if (unknown.length === 0) return fields;
  throw new AppError({
    kind: "invalid",
    message: "The webhook has no such indexed field.",
    details: [{ path: "fields", message: "names a field that the webhook does not have" }],
  });
}
