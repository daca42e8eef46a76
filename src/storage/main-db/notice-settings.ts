/** Stored notice settings of a webhook: recipients, and the troubles they are told of. */
import { z } from "zod";

export const TROUBLE_KINDS = [
  "target_circuit_open",
  "target_failing",
  "target_deactivated",
  "entrypoint_silent",
] as const;

export type TroubleKind = (typeof TROUBLE_KINDS)[number];

/** How a notice is sent. */
export type NoticeChannel = "target" | "email";

export const noticeSettingsSchema = z.strictObject({
  target_id: z
    .string()
    .nullable()
    .default(null)
    .describe("One of your targets, of this webhook or another, of any type but `database`."),
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
});

/** The settings as the API and the database have them. */
export type NoticeSettings = Readonly<z.output<typeof noticeSettingsSchema>>;

/** Null if nobody is told, and for settings that this version cannot read, so that the webhook can still be shown. */
export function readNoticeSettings(stored: unknown): NoticeSettings | null {
  return noticeSettingsSchema.safeParse(stored).data ?? null;
}
