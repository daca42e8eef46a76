/** Schemas of what programs that pull send and get. */
import { z } from "zod";
import { count, headerPairs, id, time } from "../schema-parts.ts";

/** As many deliveries as one target may have under way. */
const MOST_DELIVERIES = 64;
const LONGEST_WAIT_SECONDS = 25;
/** As much as is kept of a response to an http target. */
const MOST_RESPONSE_BYTES = 64 * 1024;
const MOST_HEADERS = 100;

const resultShape = {
  lease_id: z.string().max(100),
  status_code: z
    .int()
    .min(100)
    .max(599)
    .optional()
    .describe("The response's status. 2xx: delivered; any other fails the attempt, as for an http target."),
  headers: z
    .array(z.tuple([z.string().max(256), z.string().max(8_192)]))
    .max(MOST_HEADERS)
    .default([])
    .describe("The response's headers, [name, value] pairs."),
  body_base64: z
    .base64()
    .max(Math.ceil(MOST_RESPONSE_BYTES / 3) * 4)
    .default("")
    .describe("The beginning of the response's body, at most 64 KiB."),
  body_truncated: z.boolean().default(false).describe("Whether the body was longer."),
  error: z
    .string()
    .trim()
    .min(1)
    .max(1_000)
    .optional()
    .describe("Why there was no response. The attempt fails and is retried."),
  released: z
    .literal(true)
    .optional()
    .describe("The delivery was not made: it is due again, and no attempt is counted."),
};

const resultInput = z
  .strictObject(resultShape)
  .refine(({ status_code, error, released }) => [status_code, error, released].filter(isGiven).length === 1, {
    message: "needs one of status_code, error and released",
    path: ["status_code"],
  })
  .meta({ id: "PullResult", description: "The outcome of a delivery that was pulled." });

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

export type ResultInput = z.output<typeof resultInput>;

export const pullInput = z
  .strictObject({
    wait: z
      .number()
      .min(0)
      .max(LONGEST_WAIT_SECONDS)
      .default(20)
      .describe("Seconds to wait for the first delivery."),
    max: z
      .int()
      .min(0)
      .max(MOST_DELIVERIES)
      .default(10)
      .describe("Maximum number of deliveries to get. 0 only brings results, and does not wait."),
    results: z
      .array(resultInput)
      .max(MOST_DELIVERIES)
      .default([])
      .describe("Results of deliveries that were pulled before."),
  })
  .meta({ id: "PullInput" });

export const pulledSchema = z
  .strictObject({
    data: z
      .array(
        z.strictObject({
          lease_id: z.string().describe("Names this delivery in `results`."),
          lease_ms: count.describe("Time for the result. After it the delivery is due again."),
          event_id: id,
          attempt: z.int().min(1),
          received_at: time,
          type: z.string().nullable(),
          method: z.string(),
          path: z
            .string()
            .describe(
              'The path after the entrypoint\'s own, or the one that a transformation chose: "" or "/…".',
            ),
          query: z.string().describe('Without its "?".'),
          headers: headerPairs.describe("The headers that an http target would get, signature included."),
          body_base64: z.string().meta({ contentEncoding: "base64" }),
        }),
      )
      .describe("At most `max` deliveries with 4 MB of bodies together; a larger body comes alone."),
    unknown_leases: z
      .array(z.string())
      .describe("Leases in `results` that had ended or are not this target's. Their results are not stored."),
    paused: z.boolean().describe("Whether the target is paused, so that its deliveries are held."),
  })
  .meta({ id: "Pulled", description: "Deliveries that were pulled." });
