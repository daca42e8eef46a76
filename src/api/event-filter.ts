/** The event filter of the API, in list queries and replays. */
import { z } from "zod";
import type { EventFilter } from "../storage/event-db/event-filter.ts";
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
  q: text.describe("The same as `text`, which has precedence."),
};

const eventFilter = z.strictObject(eventFilterShape);

export function toEventFilter(given: z.infer<typeof eventFilter>): EventFilter {
  const { entrypoint_id: entrypointId, target_id: targetId, q, text = q, ...others } = given;
  const { transformation_failed: transformationFailed, ...rest } = others;
  return { ...rest, text, entrypointId, targetId, transformationFailed };
}
