/** Schemas of what people and programs may say of invitations. */
import { z } from "zod";
import { role } from "../member-schemas.ts";

const email = z
  .email()
  .max(254)
  .nullable()
  .default(null)
  .describe("Where the link is sent, if the server sends e-mail. Without one, the response has the link.");
const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .nullable()
  .default(null)
  .describe("Who is meant, for the list of invitations.");

/** To a webhook. */
export const webhookInvitationInput = z.strictObject({ email, name, role });

/** To the server. */
export const serverInvitationInput = z.strictObject({
  email,
  name,
  role: z.enum(["user", "admin"]).default("user").describe("Role of the new account."),
  team: z.string().trim().min(1).max(100).nullable().default(null).describe("The name of a team to join."),
});
