/** How a target is dealt with, as it stands on the wire. */
import { z } from "zod";
import { count, time } from "./schema-parts.ts";

export const throttleSchema = z
  .strictObject({
    held: count.describe("Deliveries on hold during a pause, or waiting to be released after it."),
    draining: z
      .strictObject({ left: count, per_second: z.number().min(0), estimate_seconds: count })
      .nullable()
      .describe("How deliveries on hold are being released; null if none are."),
    circuit: z.strictObject({
      state: z
        .enum(["closed", "open", "half_open"])
        .describe("open: deliveries are paused; half_open: one is being attempted."),
      since: time.nullable(),
      reason: z.string().nullable(),
      next_probe_at: time.nullable(),
    }),
    rests_until: time.nullable().describe("The target is rate-limited (429, 503 or Retry-After)."),
  })
  .meta({ id: "TargetFlow", description: "The current delivery state of a target." });

export const discardedSchema = z
  .strictObject({ discarded: count.describe("Deliveries.") })
  .meta({ id: "Discarded" });

/** Part of a target. */
export const throttleShape = {
  paused: z
    .boolean()
    .describe("Deliveries to a paused target are put on hold, including those of new events."),
  paused_at: time.nullable(),
  flow: throttleSchema.nullable().describe("null while the webhook's event file is unavailable."),
};
