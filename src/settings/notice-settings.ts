/** Who is notified of a webhook's problems, and of which: one of the webhook's settings. */
import { z } from "zod";

export const TROUBLE_KINDS = [
  "target_circuit_open",
  "target_failing",
  "target_deactivated",
  "transformation_failing",
  "entrypoint_silent",
] as const;

export type TroubleKind = (typeof TROUBLE_KINDS)[number];

export const TROUBLE_LABELS: Readonly<Record<TroubleKind, string>> = {
  target_circuit_open: "A target keeps failing: its circuit breaker opens",
  target_failing: "Deliveries to a target are given up",
  target_deactivated: "A target is disabled automatically",
  transformation_failing: "A target's transformation fails",
  entrypoint_silent: "An entrypoint falls silent",
};

/** How a notice is sent. */
export type NoticeChannel = "target" | "email";

const noticeSettingsSchema = z
  .strictObject({
    target_id: z
      .string()
      .nullable()
      .default(null)
      .describe("One of your targets, of this webhook or another, of any type but `database` and `pull`."),
    email: z
      .email()
      .max(254)
      .nullable()
      .default(null)
      .describe("An e-mail address, where this server sends e-mail."),
    on: z
      .array(z.enum(TROUBLE_KINDS))
      .min(1)
      .default([...TROUBLE_KINDS])
      .describe("What is told, once when it begins and once when it is over."),
  })
  .refine(({ target_id, email }) => target_id !== null || email !== null, {
    error: "needs a target_id, an email, or both",
    path: ["email"],
  });

/** Names and values are the same in the API and in the database. */
export type NoticeSettings = Readonly<z.output<typeof noticeSettingsSchema>>;

export const noticesSchema = noticeSettingsSchema
  .nullable()
  .describe("Who is notified of problems; null: nobody.");
