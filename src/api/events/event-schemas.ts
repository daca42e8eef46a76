/** Response schemas of events, their deliveries and results. */
import { z } from "zod";
import { EVENT_FATES } from "../../storage/event-db/event-filter.ts";
import { count, headerPairs, id, time } from "../schema-parts.ts";

export const resultSchema = z
  .strictObject({
    id,
    attempt: z.int().describe("1 for the first attempt; replays continue the count."),
    started_at: time,
    duration_ms: z.number(),
    status_code: z.int().nullable(),
    error: z.string().nullable(),
    response_headers: headerPairs.nullable(),
    response_body_base64: z.string().nullable().describe("At most the first 64 KiB of the response."),
    response_body_truncated: z.boolean(),
    transformation_version: z
      .int()
      .nullable()
      .describe("The version of the target's transformation that ran; null: none did."),
    transformation_failed: z.boolean().describe("Whether it failed, so that nothing was sent."),
  })
  .meta({ id: "DeliveryResult", description: "One delivery attempt." });

export const deliveryStatus = z.enum(["pending", "delivered", "failed", "held", "discarded"]);

/** As filters have it. */
export const eventFate = z
  .enum(EVENT_FATES)
  .describe(
    "The status of a delivery; `retrying`: pending, and attempted since it was created or last replayed (`pending` includes those); or `filtered`: a target did not want the event.",
  );

export const deliverySchema = z
  .strictObject({
    id,
    event_id: id,
    target_id: id,
    status: deliveryStatus,
    attempts: count.describe("All attempts ever made."),
    attempts_since_replay: count.describe(
      "Attempts since it was created or last replayed; `max_attempts` counts these. A pending delivery with any is retrying.",
    ),
    next_attempt_at: time
      .nullable()
      .describe("null also while it is held, or waits for an earlier delivery with the same order key."),
    reason: z.string().nullable(),
    created_at: time,
    updated_at: time,
    results: z.array(resultSchema),
  })
  .meta({ id: "Delivery", description: "The state of one event's delivery to one target." });

const filterFateSchema = z.strictObject({
  target_id: id,
  reason: z
    .string()
    .nullable()
    .describe(
      "Why, by the target's present filter; null: that would let the event through, or the target was deleted.",
    ),
  filter_changed: z.boolean().describe("The filter is another one than when the event was received."),
});

const eventFacts = {
  id,
  entrypoint_id: id,
  received_at: time,
  method: z.string(),
  path_tail: z.string().describe('The path after the entrypoint\'s own: "" or "/…".'),
  query: z.string().describe('Without its "?".'),
  content_type: z.string(),
  body_size: count.describe("Bytes."),
  remote_address: z.string(),
  type: z.string().nullable().describe("The event type as the sender names it; null if unknown."),
  duplicate_count: count.describe("Number of copies that arrived later and were not stored."),
  differing_duplicate_count: count.describe(
    "Number of those copies that differed from the event (with `deduplicate_differing` set to `drop`).",
  ),
  same_key_as: id
    .nullable()
    .describe(
      "The oldest stored event of the entrypoint with the same key, if this event differs from it in body, method, path or query; otherwise null.",
    ),
};

export const eventSummarySchema = z
  .strictObject({
    ...eventFacts,
    filtered_count: count.describe("Number of targets whose event types or filter did not want the event."),
    delivery_counts: z.strictObject({
      pending: count.describe("Including those that are retrying."),
      retrying: count.describe(
        "The part of `pending` that was attempted since it was created or last replayed.",
      ),
      delivered: count,
      failed: count,
      held: count,
      discarded: count,
    }),
  })
  .meta({ id: "EventSummary", description: "An event without its headers and body." });

const judgedEventSchema = z.strictObject({
  event_id: id,
  received_at: time,
  type: z.string().nullable(),
  outcome: z
    .enum(["delivered", "filtered", "unjudged"])
    .describe("`unjudged`: delivered, because it cannot be judged."),
  reason: z.string().nullable().describe("Why it would be filtered or cannot be judged."),
});

export const filterTrialSchema = z
  .strictObject({
    judged: count.describe("Events that were judged, from the newest."),
    complete: z.boolean().describe("false: the time was up before `last` events were judged."),
    delivered: count,
    filtered: count,
    unjudged: count.describe("Events that would be delivered because they cannot be judged."),
    changes: count.describe("Events about which the saved settings decide otherwise."),
    changed: z.array(judgedEventSchema).describe("The newest 50 of these."),
    others: z
      .array(judgedEventSchema)
      .describe("The newest 50 of the other events that would be filtered or cannot be judged."),
  })
  .meta({ id: "FilterTrial", description: "Stored events as a filter would have judged them." });

export const eventSchema = z
  .strictObject({
    ...eventFacts,
    first_received_at: time
      .nullable()
      .describe(
        "When the request first arrived, if it was rejected first and accepted later; otherwise null.",
      ),
    sent_by: z
      .string()
      .nullable()
      .describe("Id of the user who sent it; null for an event that came from a sender."),
    copy_of: z.string().nullable().describe("The event of which this is an edited copy; it may be gone."),
    headers: headerPairs,
    body_base64: z.string().meta({ contentEncoding: "base64" }),
    unread_values: z
      .array(
        z.strictObject({
          setting: z.enum(["event_type_from", "deduplicate_value", "order_by", "verification"]),
          place: z.string().nullable().describe("The path in the setting; null for `verification`."),
          reason: z.string(),
        }),
      )
      .describe(
        "Current settings that cannot read a value from this body, with the reason: it is too large, cannot be decoded, or is neither JSON nor a form. Values that are simply absent are not listed.",
      ),
    duplicates: z
      .array(
        z.strictObject({
          received_at: time,
          remote_address: z.string(),
          body_size: count,
          body_differs: z.boolean().describe("Whether its body, method, path or query differed."),
        }),
      )
      .describe("The last copies, newest first."),
    deliveries: z.array(deliverySchema),
    filtered_by: z
      .array(filterFateSchema)
      .describe("Targets that did not get the event because of their event types or filter."),
    unjudged_by: z
      .array(filterFateSchema)
      .describe("Targets that got the event because their event types or filter could not judge it."),
  })
  .meta({ id: "Event", description: "A received request, unchanged." });
