/** Who is notified of a webhook's problems, and of which: one of the webhook's settings. */
import { z } from "zod";

export const PROBLEM_KINDS = [
  "target_circuit_open",
  "target_failing",
  "target_deactivated",
  "transformation_failing",
  "entrypoint_silent",
  "entrypoint_refusing",
] as const;

export type ProblemKind = (typeof PROBLEM_KINDS)[number];

export const PROBLEM_LABELS: Readonly<Record<ProblemKind, string>> = {
  target_circuit_open: "A target keeps failing: its circuit breaker opens",
  target_failing: "Deliveries to a target are given up",
  target_deactivated: "A target is disabled automatically",
  transformation_failing: "A target's transformation fails",
  entrypoint_silent: "An entrypoint falls silent",
  entrypoint_refusing: "An entrypoint refuses every request",
};

/** Kind of the object that has the problem. */
export const PROBLEM_SUBJECTS: Readonly<Record<ProblemKind, "target" | "entrypoint">> = {
  target_circuit_open: "target",
  target_failing: "target",
  target_deactivated: "target",
  transformation_failing: "target",
  entrypoint_silent: "entrypoint",
  entrypoint_refusing: "entrypoint",
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
      .array(z.enum(PROBLEM_KINDS))
      .min(1)
      .default([...PROBLEM_KINDS])
      .describe("Kinds of problems that are told, once when one begins and once when it is over."),
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
