/** Schemas of what people and programs may say of members and teams. */
import { z } from "zod";
import { WEBHOOK_ROLES } from "./roles.ts";

export const role = z
  .enum(WEBHOOK_ROLES)
  .describe("viewer, replayer, editor or owner; each may do what the ones before it may.");

const username = z.string().trim().min(1).max(64);
const teamName = z.string().trim().min(1).max(100);

export const memberInput = z
  .strictObject({
    username: username.optional().describe("Either this or `team`."),
    team: teamName.optional().describe("The team's name."),
    role,
  })
  .refine(({ username, team }) => (username === undefined) !== (team === undefined), {
    message: "set either this or team",
    path: ["username"],
  });
export const memberChange = z.strictObject({ role });
export const transferInput = z.strictObject({ username: username.describe("The new owner.") });

export const teamInput = z.strictObject({ name: teamName });
export const teamUserInput = z.strictObject({ username });
