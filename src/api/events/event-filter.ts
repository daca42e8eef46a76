/** The event filter of the API, in list queries and replays. */
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import { parseRange } from "../../lib/time-range.ts";
import { findFields } from "../../settings/indexed-fields.ts";
import { ANSWER, type EventFilter, type FieldCondition } from "../../storage/event-db/event-filter.ts";
import { eventFate } from "./event-schemas.ts";

const time = z.iso
  .datetime({ offset: true, error: "must be a time such as 2026-11-24T08:00:00Z" })
  .transform((text) => Date.parse(text));

const text = z.string().max(200).optional();

export const eventFilterShape = {
  from: time.optional().describe("Received at or after this time."),
  to: time.optional().describe("Received at or before this time."),
  range: z
    .string()
    .refine((text) => parseRange(text) !== null, "must be a number of minutes, hours or days, such as 30d")
    .optional()
    .describe("Received within this time up to now, such as `15m`, `24h` or `30d`; instead of `from`."),
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
  answer: z
    .string()
    .regex(ANSWER, "must be a status such as 500, or 5xx, or none")
    .optional()
    .describe(
      "With a delivery whose last attempt was answered so: a status such as `500`, a class such as `5xx`, or `none` if there was no answer; with `target_id`, the one to that target.",
    ),
  method: z.string().max(20).optional().describe("Received with this method."),
  type: z.string().max(250).optional().describe("Events of exactly this type."),
  text: text.describe(
    "Found in the path, the query, a header (`name: value`) or the body: as it was sent, or as it reads after decompression, charset decoding and removal of JSON, form and percent escapes. ASCII letters match in either case.",
  ),
  field: z
    .record(z.string(), z.string().max(2_000))
    .refine((fields) => Object.keys(fields).length > 0, "must name a field")
    .optional()
    .describe(
      "With all these values of the webhook's indexed fields, by name; in a query `field[order_id]=4711`. Numbers are compared as they are written.",
    ),
  q: text.describe("The same as `text`, which has precedence."),
};

const eventFilter = z.strictObject(eventFilterShape);

/** Throws AppError `invalid` for a field that is none of `indexedFields`, the webhook's. */
export function toEventFilter(
  given: z.infer<typeof eventFilter>,
  { indexedFields, now }: Readonly<{ indexedFields: readonly string[]; now: number }>,
): EventFilter {
  const { entrypoint_id: entrypointId, target_id: targetId, q, text = q, field, ...others } = given;
  const { transformation_failed: transformationFailed, range, ...rest } = others;
  const from = range === undefined ? rest.from : fromOfRange(range, rest.from, now);
  const fields = field === undefined ? undefined : readFields(field, indexedFields);
  return { ...rest, from, text, entrypointId, targetId, transformationFailed, fields };
}

/** The inverse of what `field` is read from. */
export function presentFields(fields: readonly FieldCondition[]): Record<string, string> {
  return Object.fromEntries(fields.map(({ name, value }) => [name, value]));
}

function fromOfRange(range: string, from: number | undefined, now: number): number {
  if (from === undefined) return now - (parseRange(range) ?? 0);
  throw new AppError({
    kind: "invalid",
    message: "A range up to now has no other start.",
    details: [{ path: "range", message: "must not be set together with from" }],
  });
}

function readFields(
  given: Readonly<Record<string, string>>,
  indexedFields: readonly string[],
): readonly FieldCondition[] {
  const { fields, unknown } = findFields(indexedFields, Object.entries(given));
  if (unknown.length === 0) return fields;
  throw new AppError({
    kind: "invalid",
    message: "The webhook has no such indexed field.",
    details: unknown.map((name) => ({
      path: `field.${name}`,
      message: "is not one of the webhook's indexed fields",
    })),
  });
}
