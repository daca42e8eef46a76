/** Response schemas of rejected requests. */
import { z } from "zod";
import { count, headerPairs, id, time } from "../schema-parts.ts";
import { webhookPath } from "../schemas.ts";

const facts = {
  id,
  entrypoint_id: id,
  received_at: time,
  reason: z.string().describe("Why the last verification failed."),
  method: z.string(),
  path_tail: z.string(),
  query: z.string(),
  content_type: z.string(),
  body_size: count.describe("Bytes."),
  remote_address: z.string(),
};

export const rejectedSummarySchema = z
  .strictObject(facts)
  .meta({ id: "RejectedSummary", description: "A rejected request without its headers and body." });

export const rejectedSchema = z
  .strictObject({
    ...facts,
    headers: headerPairs,
    body_base64: z.string().meta({ contentEncoding: "base64" }),
  })
  .meta({ id: "Rejected", description: "A request that failed verification, unchanged." });

export const rejectedVerificationSchema = z
  .strictObject({
    checked: count,
    released: count,
    event_ids: z
      .array(id)
      .describe("Ids of the events that were accepted. A copy of an existing event has that event's id."),
  })
  .meta({ id: "RejectedVerification" });

export const rejectedDeletionSchema = z.strictObject({ deleted: count }).meta({ id: "RejectedDeletion" });

export const rejectedPath = webhookPath.extend({ rejected_id: z.string().meta({ format: "uuid" }) });
