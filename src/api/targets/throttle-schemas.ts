/** Response schemas of a target's delivery state. */
import { z } from "zod";
import { count, time } from "../schema-parts.ts";

export const throttleSchema = z
  .strictObject({
    held: count.describe("Deliveries held during a pause, or waiting to be released after it."),
    draining: z
      .strictObject({ left: count, per_second: z.number().min(0), estimate_seconds: count })
      .nullable()
      .describe("How held deliveries are being released; null if none are."),
    circuit: z.strictObject({
      state: z
        .enum(["closed", "open", "half_open"])
        .describe("open: deliveries are paused; half_open: one is being attempted."),
      since: time.nullable(),
      reason: z.string().nullable(),
      next_probe_at: time.nullable(),
    }),
    rests_until: time.nullable().describe("The target is rate-limited (429, 503 or Retry-After)."),
    pull: z
      .strictObject({
        connected: z
          .boolean()
          .describe("Whether a program waits for deliveries or works on some. Without one they wait."),
        last_pull_at: time.nullable().describe("null: no program has pulled yet."),
        leased: count.describe("Deliveries that were pulled and not answered yet."),
      })
      .nullable()
      .describe("For targets of the type pull; null for others."),
  })
  .meta({ id: "TargetFlow", description: "The current delivery state of a target." });

export const discardedSchema = z
  .strictObject({ discarded: count.describe("Number of discarded deliveries.") })
  .meta({ id: "Discarded" });

/** Part of a target. */
export const throttleShape = {
  paused: z.boolean().describe("Deliveries to a paused target are held, including those of new events."),
  paused_at: time.nullable(),
  flow: throttleSchema.nullable().describe("null while the webhook's event file is unavailable."),
};
