/** How a target is dealt with, as it stands on the wire. */
import { z } from "zod";
import { count, time } from "./schema-parts.ts";

export const targetFlowSchema = z
  .strictObject({
    held: count.describe("Deliveries that wait for the end of a pause, or to be let go after one."),
    draining: z
      .strictObject({ left: count, per_second: z.number().min(0), estimate_seconds: count })
      .nullable()
      .describe("How what was held is let go; null where nothing is."),
    circuit: z.strictObject({
      state: z
        .enum(["closed", "open", "half_open"])
        .describe("open: deliveries wait; half_open: one is tried."),
      since: time.nullable(),
      reason: z.string().nullable(),
      next_probe_at: time.nullable(),
    }),
    rests_until: time.nullable().describe("The target asked for a rest (429, 503, Retry-After)."),
  })
  .meta({ id: "TargetFlow", description: "How a target is dealt with at this moment." });

export const discardedSchema = z
  .strictObject({ discarded: count.describe("Deliveries.") })
  .meta({ id: "Discarded" });

/** Part of a target. */
export const targetFlowShape = {
  paused: z.boolean().describe("A paused target's deliveries are held, those of new events too."),
  paused_at: time.nullable(),
  flow: targetFlowSchema.nullable().describe("null while the webhook's event file cannot be used."),
};
