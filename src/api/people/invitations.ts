/** /invitations, and those of a webhook: one-time links by which people get an account or a role on the webhook. */
import { z } from "zod";
import type { Invitation } from "../../webhooks/people/invitations/invitation-deps.ts";
import {
  serverInvitationInput,
  webhookInvitationInput,
} from "../../webhooks/people/invitations/invitation-schemas.ts";
import type { Sent } from "../../webhooks/people/invitations/send-invitations.ts";
import { role } from "../../webhooks/people/member-schemas.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { id, time } from "../schema-parts.ts";
import { listOf, webhookPath } from "../schemas.ts";

const scope = "admin";
const server = { tag: "Invitations", scope, path: "/invitations" } as const;
const webhook = { tag: "Invitations", scope, path: "/webhooks/:webhook_id/invitations" } as const;
const serverPath = z.object({ invitation_id: id });
const inWebhookPath = webhookPath.extend({ invitation_id: id });

const shape = {
  id,
  email: z.string().nullable(),
  name: z.string().nullable().describe("Who is meant."),
  account_role: z.enum(["user", "admin"]).describe("The role of a new account."),
  webhook_role: role.nullable().describe("null: an invitation to the server."),
  team: z.string().nullable().describe("The name of the team to join."),
  invited_by: z.string().describe("A username."),
  is_mailed: z.boolean().describe("Whether the link went out by e-mail."),
  created_at: time,
  expires_at: time,
};

const invitationSchema = z
  .strictObject(shape)
  .meta({ id: "Invitation", description: "An invitation that nobody has accepted yet." });

const sentSchema = z
  .strictObject({
    ...shape,
    url: z
      .string()
      .nullable()
      .describe("The link to hand on, shown only here; null if it went out by e-mail."),
    mail_refused: z.boolean().describe("True if the mail server did not take the e-mail."),
  })
  .meta({ id: "SentInvitation", description: "An invitation with its new link." });

const created = { status: 201, description: "The new invitation.", schema: sentSchema } as const;
const renewed = {
  status: 200,
  description: "The invitation; the link before is void.",
  schema: sentSchema,
} as const;
const revoked = { status: 204, description: "Its link is void." } as const;
const listed = {
  status: 200,
  description: "Oldest first, expired ones too.",
  schema: listOf(invitationSchema),
} as const;
const errors = ["conflict", "rate_limited"] as const;

export function invitationOperations({ invitations }: ApiDeps): readonly Operation[] {
  return [
    operation({
      ...server,
      id: "listInvitations",
      method: "GET",
      summary: "List invitations to the server",
      description: "For administrators.",
      success: listed,
      async handle({ caller: { userId } }) {
        return presentList(await invitations.list({ userId, webhookId: null }));
      },
    }),
    operation({
      ...server,
      id: "createInvitation",
      method: "POST",
      summary: "Invite a person to the server",
      description: "For administrators.",
      body: serverInvitationInput,
      success: created,
      errors,
      async handle({ caller: { userId }, body: input }) {
        return presentSent(await invitations.create({ userId, webhookId: null, input }));
      },
    }),
    operation({
      ...server,
      id: "renewInvitation",
      method: "POST",
      path: `${server.path}/:invitation_id/renew`,
      summary: "Make a new link for an invitation to the server",
      params: serverPath,
      success: renewed,
      errors: ["rate_limited"],
      async handle({ caller: { userId }, params }) {
        const of = { userId, webhookId: null, invitationId: params.invitation_id };
        return presentSent(await invitations.renew(of));
      },
    }),
    operation({
      ...server,
      id: "revokeInvitation",
      method: "DELETE",
      path: `${server.path}/:invitation_id`,
      summary: "Revoke an invitation to the server",
      params: serverPath,
      success: revoked,
      async handle({ caller: { userId }, params }) {
        await invitations.revoke({ userId, webhookId: null, invitationId: params.invitation_id });
      },
    }),
    operation({
      ...webhook,
      id: "listWebhookInvitations",
      method: "GET",
      summary: "List invitations to a webhook",
      params: webhookPath,
      success: listed,
      async handle({ caller: { userId }, params }) {
        return presentList(await invitations.list({ userId, webhookId: params.webhook_id }));
      },
    }),
    operation({
      ...webhook,
      id: "createWebhookInvitation",
      method: "POST",
      summary: "Invite a person to a webhook",
      params: webhookPath,
      body: webhookInvitationInput,
      success: created,
      errors,
      async handle({ caller: { userId }, params, body: input }) {
        return presentSent(await invitations.create({ userId, webhookId: params.webhook_id, input }));
      },
    }),
    operation({
      ...webhook,
      id: "renewWebhookInvitation",
      method: "POST",
      path: `${webhook.path}/:invitation_id/renew`,
      summary: "Make a new link for an invitation to a webhook",
      params: inWebhookPath,
      success: renewed,
      errors: ["rate_limited"],
      async handle({ caller: { userId }, params }) {
        const of = { userId, webhookId: params.webhook_id, invitationId: params.invitation_id };
        return presentSent(await invitations.renew(of));
      },
    }),
    operation({
      ...webhook,
      id: "revokeWebhookInvitation",
      method: "DELETE",
      path: `${webhook.path}/:invitation_id`,
      summary: "Revoke an invitation to a webhook",
      params: inWebhookPath,
      success: revoked,
      async handle({ caller: { userId }, params }) {
        const of = { userId, webhookId: params.webhook_id, invitationId: params.invitation_id };
        await invitations.revoke(of);
      },
    }),
  ];
}

function present(invitation: Invitation): z.infer<typeof invitationSchema> {
  const { id, email, name, role, webhookRole, teamName, invitedBy, isMailed } = invitation;
  return {
    id,
    email,
    name,
    account_role: role,
    webhook_role: webhookRole,
    team: teamName,
    invited_by: invitedBy,
    is_mailed: isMailed,
    created_at: presentTime(invitation.createdAt),
    expires_at: presentTime(invitation.expiresAt),
  };
}

function presentList(all: readonly Invitation[]) {
  return { data: all.map(present), next_cursor: null };
}

function presentSent({ invitation, link, isMailRefused }: Sent): z.infer<typeof sentSchema> {
  return { ...present(invitation), url: link, mail_refused: isMailRefused };
}
