/** What the API answers of events, their deliveries and results. */
import { z } from "zod";
import { count, headerPairs, id, time } from "./schema-parts.ts";

export const resultSchema = z
  .strictObject({
    id,
    attempt: z.int().describe("1 for the first try; counts on over replays."),
    started_at: time,
    duration_ms: z.number(),
    status_code: z.int().nullable(),
    error: z.string().nullable(),
    response_headers: headerPairs.nullable(),
    response_body_base64: z.string().nullable().describe("At most the first 64 KiB of the answer."),
    response_body_truncated: z.boolean(),
  })
  .meta({ id: "DeliveryResult", description: "One try of a delivery." });

export const deliveryStatus = z.enum(["pending", "delivered", "failed", "held", "discarded"]);

export const deliverySchema = z
  .strictObject({
    id,
    event_id: id,
    target_id: id,
    status: deliveryStatus,
    attempts: count,
    next_attempt_at: time
      .nullable()
      .describe("null also while it is held, or waits for an earlier delivery of its lane."),
    reason: z.string().nullable(),
    created_at: time,
    updated_at: time,
    results: z.array(resultSchema),
  })
  .meta({ id: "Delivery", description: "What became of one event at one target." });

const eventFacts = {
  id,
  entrypoint_id: id,
  received_at: time,
  method: z.string(),
  path_tail: z.string().describe('What followed the entrypoint\'s own path: "" or "/…".'),
  query: z.string().describe('Without its "?".'),
  content_type: z.string(),
  body_size: count.describe("Bytes."),
  remote_address: z.string(),
  type: z.string().nullable().describe("What happened, in the sender's words; null where that is not known."),
  duplicate_count: count.describe("Copies that came later and were not stored."),
  differing_duplicate_count: count.describe(
    "Those of them that were another request: with `deduplicate_differing` set to `drop`.",
  ),
  same_key_as: id
    .nullable()
    .describe(
      "The oldest stored event of the entrypoint that has the same key, where this one has another body, method, path or query; else null.",
    ),
};

export const eventSummarySchema = z
  .strictObject({
    ...eventFacts,
    delivery_counts: z.strictObject({
      pending: count,
      delivered: count,
      failed: count,
      held: count,
      discarded: count,
    }),
  })
  .meta({ id: "EventSummary", description: "An event without its headers and body." });

export const eventSchema = z
  .strictObject({
    ...eventFacts,
    first_received_at: time
      .nullable()
      .describe("When it came, where it was rejected at first and released later; else null."),
    headers: headerPairs,
    body_base64: z.string().meta({ contentEncoding: "base64" }),
    unread_values: z
      .array(
        z.strictObject({
          setting: z.enum(["event_type_from", "deduplicate_value", "order_by", "verification"]),
          place: z.string().nullable().describe("As the setting has it; null with `verification`."),
          reason: z.string(),
        }),
      )
      .describe(
        "Settings, as they are now, that find nothing usable in this body, and why: it is too large, cannot be decoded, or is no JSON and no form. What is simply not there is left out.",
      ),
    duplicates: z
      .array(
        z.strictObject({
          received_at: time,
          remote_address: z.string(),
          body_size: count,
          body_differs: z.boolean().describe("Its body, method, path or query was another one."),
        }),
      )
      .describe("The last copies, newest first."),
    deliveries: z.array(deliverySchema),
  })
  .meta({ id: "Event", description: "A request that was received, exactly as it was." });
