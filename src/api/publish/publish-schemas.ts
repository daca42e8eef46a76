/** Response schemas of published events, and of those that a user sends to an entrypoint. */
import { z } from "zod";
import type { Published } from "../../ingest/publish/publisher.ts";

export const sentEventSchema = z
  .strictObject({
    webhook_id: z.string(),
    event_id: z.string().describe("Id of the new event, or of the one that it duplicates."),
    duplicate: z
      .boolean()
      .describe(
        "true: by its duplicate detection, the entrypoint has this event already; nothing was stored.",
      ),
    signing: z
      .enum(["none", "signed", "unsigned"])
      .describe(
        "`none`: the entrypoint verifies nothing. `unsigned`: only the sender can sign such a request.",
      ),
  })
  .meta({ id: "SentEvent", description: "An event that a user sent." });

const publishedShape = {
  event_id: z
    .string()
    .describe("The stored event's; with the idempotency key of an earlier call, that call's event's."),
  id: z.string().describe("As receivers see it: yours, or else `event_id`."),
};

export const publishedSchema = z
  .strictObject({ webhook_id: z.string(), ...publishedShape })
  .meta({ id: "PublishedEvent", description: "An event that is stored, and is delivered from now on." });

export const publishedBatchSchema = z
  .strictObject({
    webhook_id: z.string(),
    data: z
      .array(
        z.strictObject({
          ...publishedShape,
          error: z
            .enum(["idempotency_key_reused"])
            .nullable()
            .describe(
              "Why the event was not stored: its idempotency key is that of another event, `event_id`. null: it is stored.",
            ),
        }),
      )
      .describe("One entry for each event, in the order given."),
  })
  .meta({ id: "PublishedBatch" });

export function presentPublished(webhookId: string, { eventId, id }: Published) {
  return { webhook_id: webhookId, event_id: eventId, id };
}

export function presentPublishedBatch(webhookId: string, published: readonly Published[]) {
  const data = published.map(({ eventId, id, isConflict }) => ({
    event_id: eventId,
    id,
    error: isConflict ? ("idempotency_key_reused" as const) : null,
  }));
  return { webhook_id: webhookId, data };
}
