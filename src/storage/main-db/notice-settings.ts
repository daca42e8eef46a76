/** Whom a webhook's notices go to and what they are of, as it is stored with the webhook. */
import { z } from "zod";

export const TROUBLE_KINDS = [
  "target_circuit_open",
  "target_failing",
  "target_deactivated",
  "entrypoint_silent",
] as const;

export type TroubleKind = (typeof TROUBLE_KINDS)[number];

/** The two ways that a notice can go. */
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

/** As it stands in the API and in the database. */
export type NoticeSettings = Readonly<z.output<typeof noticeSettingsSchema>>;

/** Null for nobody, and for what this version does not know: it must not keep a webhook from being shown. */
export function readNoticeSettings(stored: unknown): NoticeSettings | null {
  return noticeSettingsSchema.safeParse(stored).data ?? null;
}
