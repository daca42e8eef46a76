/** Use cases of whoever is invited: they accept once, with a new account or their own. */
import { hashToken } from "../../../lib/crypto.ts";
import { AppError } from "../../../lib/errors.ts";
import type { InvitationRow } from "../../../storage/main-db/people/invitations.ts";
import { highestRole, includesRole, type WebhookRole } from "../roles.ts";
import { type InvitationDeps, mayInvite } from "./invitation-deps.ts";

/** An invitation as whoever holds its link sees it. */
export type Offer = Readonly<{
  name: string | null;
  invitedBy: string;
  isAdmin: boolean;
  /** Whether a new account can be created by it. */
  takesNew: boolean;
  webhook: Readonly<{ id: string; name: string; role: WebhookRole }> | null;
  teamName: string | null;
  expiresAt: number;
}>;

export type Accepted = Readonly<{ userId: string; username: string; webhookId: string | null }>;

export function createAcceptInvitations(deps: InvitationDeps) {
  const { mainDb, clock, newId, createUser } = deps;
  const { invitations, members, teams, users, webhooks } = mainDb;

  /** Null for a link that is unknown, used, revoked or too old, or whose sender may no longer invite there. */
  function findRow(token: string): InvitationRow | null {
    const row = invitations.findByToken(hashToken(token));
    if (row === null || row.expiresAt <= clock.now()) return null;
    return mayInvite(deps, row.invitedBy, row.webhookId) ? row : null;
  }

  function toOffer(row: InvitationRow): Offer {
    const { name, role, webhookId, webhookRole, teamId, expiresAt } = row;
    const webhook = webhookId === null ? null : webhooks.find(webhookId);
    return {
      name,
      invitedBy: users.find(row.invitedBy)?.username ?? "",
      isAdmin: role === "admin",
      takesNew: deps.takesPasswords(),
      webhook: webhook && webhookRole && { id: webhook.id, name: webhook.name, role: webhookRole },
      teamName: teamId === null ? null : (teams.find(teamId)?.name ?? null),
      expiresAt,
    };
  }

  /** A role that the user has already is never lowered. */
  function share(webhookId: string, userId: string, role: WebhookRole): void {
    if (webhooks.find(webhookId)?.userId === userId) return;
    const own = members.list(webhookId).find((each) => each.userId === userId);
    if (!own) members.insert({ id: newId(), webhookId, userId, teamId: null, role, createdAt: clock.now() });
    else if (!includesRole(own.role, role)) {
      members.setRole({ ...own, role: highestRole([own.role, role]) ?? role });
    }
  }

  /** Runs in the transaction that creates the user, if there is one. Throws AppError `gone`, which undoes it. */
  function give(token: string, userId: string): InvitationRow {
    const row = findRow(token);
    if (row === null || !invitations.accept(row, userId)) throw unusable();
    if (row.webhookId !== null && row.webhookRole !== null) share(row.webhookId, userId, row.webhookRole);
    if (row.teamId !== null) teams.addUser({ teamId: row.teamId, userId });
    return row;
  }

  return {
    /** Returns null for a link that cannot be used. Uses nothing up. */
    find(token: string): Offer | null {
      const row = findRow(token);
      return row && toOffer(row);
    },

    /** Creates an account. Rejects with AppError `gone`, and with `invalid` or `conflict` for name and password. */
    async acceptAsNew(of: { token: string; username: string; password: string }): Promise<Accepted> {
      const { token, username, password } = of;
      const row = findRow(token);
      if (row === null || !deps.takesPasswords()) throw unusable();
      const user = await createUser({ username, password, role: row.role }, (userId) => {
        const { email, mailedAt } = give(token, userId);
        // Whoever has opened the link reads the address that it was sent to.
        if (email !== null && mailedAt !== null) mainDb.userEmails.put({ userId, email, at: clock.now() });
      });
      return { userId: user.id, username: user.username, webhookId: row.webhookId };
    },

    /** Adds what is offered to the user's account, whose role on the server stays. Rejects with AppError `gone` or `conflict`. */
    async acceptAs({
      token,
      userId,
    }: {
      token: string;
      userId: string;
    }): Promise<Pick<Accepted, "webhookId">> {
      const row = findRow(token);
      if (row !== null && row.webhookId === null && row.teamId === null) throw hasAccount();
      let webhookId: string | null = null;
      mainDb.together(() => {
        ({ webhookId } = give(token, userId));
      });
      return { webhookId };
    },
  };
}

function hasAccount(): AppError {
  return new AppError({
    kind: "conflict",
    code: "account_exists",
    message: "This invitation is for somebody without an account, and you have one.",
    hint: "Sign out first to create another account by it.",
  });
}

function unusable(): AppError {
  return new AppError({
    kind: "gone",
    code: "invitation_gone",
    message: "This invitation cannot be used any more.",
    hint: "It works once and for a limited time. Ask whoever invited you for another one.",
  });
}
