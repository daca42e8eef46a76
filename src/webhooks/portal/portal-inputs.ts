/** Schemas of inputs that make a link to a portal, and set how portals look. */
import { z } from "zod";
import { targetTypeName } from "../type-names.ts";

const MAX_LOGO = 64 * 1024;

export const portalLinkInput = z
  .strictObject({
    expires_in: z
      .int()
      .min(60)
      .max(7 * 24 * 3600)
      .default(3_600)
      .describe("Seconds until the link and the session that it opens end."),
    target_types: z
      .array(targetTypeName)
      .min(1)
      .max(20)
      .default(["http"])
      .describe("Types of the targets that the portal shows and manages."),
  })
  .meta({ id: "PortalLinkInput" });

const LOGO = /^data:image\/(?:png|jpeg|webp|gif|svg\+xml);base64,[A-Za-z0-9+/]+={0,2}$/;

export const portalSettingsShape = {
  origin: z
    .string()
    .max(300)
    .refine(isOrigin, "must be an origin such as https://app.example.com")
    .nullable()
    .describe("The page that may show portals in a frame, such as https://app.example.com; null: none may."),
  name: z.string().trim().min(1).max(60).nullable().describe("Shown instead of “Webhooks”."),
  colour: z
    .string()
    .regex(/^#[0-9a-f]{6}$/, "must be a colour such as #4f46e5")
    .nullable()
    .describe("The colour of buttons and of the line at the top, such as #4f46e5."),
  logo: z
    .string()
    .max(MAX_LOGO)
    .regex(LOGO, "must be a data: URL in base64 of a PNG, JPEG, WebP, GIF or SVG image")
    .nullable()
    .describe("A data: URL in base64, up to 64 KiB."),
};

export const portalSettingsChange = z
  .strictObject(portalSettingsShape)
  .partial()
  .meta({ id: "PortalSettingsChange" });

/** Nothing but what a policy can name without more: a comma or semicolon would begin another directive. */
function isOrigin(text: string): boolean {
  if (!/^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}
