/** /webhooks/{id}/members: with whom a webhook is shared; leaving it, and giving it to another owner. */
import { z } from "zod";
import { memberChange, memberInput, role, transferInput } from "../../webhooks/people/member-schemas.ts";
import type { Member, Sharing } from "../../webhooks/people/members.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { id, time } from "../schema-parts.ts";
import { webhookPath } from "../schemas.ts";

const tag = "Members";
const path = "/webhooks/:webhook_id/members";
const memberPath = webhookPath.extend({ member_id: id });

const memberSchema = z
  .strictObject({
    id: id.nullable().describe("null: the owner, which only a transfer changes."),
    kind: z.enum(["user", "team"]),
    subject_id: id.describe("Id of the user or team."),
    name: z.string().describe("The username, or the team's name."),
    role,
    since: time.nullable(),
  })
  .meta({ id: "Member", description: "A user or team that may use a webhook." });

const sharingSchema = z
  .strictObject({
    data: z.array(memberSchema).describe("The owner first."),
    people: z
      .array(
        z.strictObject({
          user_id: id,
          username: z.string(),
          role: role.describe("The highest of the reasons' roles, which counts."),
          reasons: z.array(
            z.strictObject({
              why: z.enum(["owner", "direct", "team"]),
              team: z.string().nullable().describe("The team's name."),
              role,
            }),
          ),
        }),
      )
      .describe("Everybody with access, and why."),
    next_cursor: z.null(),
  })
  .meta({ id: "Sharing" });

export function memberOperations({ useCases: { members } }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "listMembers",
      method: "GET",
      path,
      tag,
      scope: "webhooks:read",
      summary: "List who may use a webhook, and why",
      params: webhookPath,
      success: { status: 200, description: "Members and people.", schema: sharingSchema },
      async handle({ caller: { userId }, params }) {
        return presentSharing(await members.list({ userId, webhookId: params.webhook_id }));
      },
    }),
    operation({
      id: "addMember",
      method: "POST",
      path,
      tag,
      scope: "admin",
      summary: "Share a webhook with a user or a team",
      params: webhookPath,
      body: memberInput,
      success: { status: 201, description: "The new member.", schema: memberSchema },
      errors: ["conflict"],
      async handle({ caller: { userId }, params, body: input }) {
        return presentMember(await members.add({ userId, webhookId: params.webhook_id, input }));
      },
    }),
    operation({
      id: "changeMember",
      method: "PATCH",
      path: `${path}/:member_id`,
      tag,
      scope: "admin",
      summary: "Change a member's role",
      params: memberPath,
      body: memberChange,
      success: { status: 200, description: "The updated member.", schema: memberSchema },
      async handle({ caller: { userId }, params, body: input }) {
        const of = { userId, webhookId: params.webhook_id, memberId: params.member_id };
        return presentMember(await members.setRole({ ...of, input }));
      },
    }),
    operation({
      id: "removeMember",
      method: "DELETE",
      path: `${path}/:member_id`,
      tag,
      scope: "admin",
      summary: "Stop sharing a webhook with a user or team",
      params: memberPath,
      success: { status: 204, description: "No longer shared. Open streams end within 15 seconds." },
      async handle({ caller: { userId }, params }) {
        await members.remove({ userId, webhookId: params.webhook_id, memberId: params.member_id });
      },
    }),
    operation({
      id: "leaveWebhook",
      method: "POST",
      path: "/webhooks/:webhook_id/leave",
      tag,
      scope: "admin",
      role: "viewer",
      summary: "Give up your own membership of a webhook",
      params: webhookPath,
      success: { status: 204, description: "It is no longer shared with you." },
      errors: ["conflict"],
      async handle({ caller: { userId }, params }) {
        await members.leave({ userId, webhookId: params.webhook_id });
      },
    }),
    operation({
      id: "transferWebhook",
      method: "POST",
      path: "/webhooks/:webhook_id/transfer",
      tag,
      scope: "admin",
      summary: "Give a webhook to another owner",
      description: "The owner until now stays an editor.",
      params: webhookPath,
      body: transferInput,
      success: { status: 200, description: "Who may use it now.", schema: sharingSchema },
      async handle({ caller: { userId }, params, body: input }) {
        const of = { userId, webhookId: params.webhook_id };
        await members.transfer({ ...of, input });
        return presentSharing(await members.list(of));
      },
    }),
  ];
}

function presentMember(member: Member): z.infer<typeof memberSchema> {
  const { id, kind, subjectId, name, role, since } = member;
  return { id, kind, subject_id: subjectId, name, role, since: since === null ? null : presentTime(since) };
}

function presentSharing({ members, people }: Sharing): z.infer<typeof sharingSchema> {
  return {
    data: members.map(presentMember),
    people: people.map(({ userId, username, role, reasons }) => ({
      user_id: userId,
      username,
      role,
      reasons: reasons.map(({ why, team, role }) => ({ why, team, role })),
    })),
    next_cursor: null,
  };
}
