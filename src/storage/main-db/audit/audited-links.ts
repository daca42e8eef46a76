/** Adds an entry to the audit log with each change of invitations, one-time links and e-mail addresses. */
import { type Actor, currentAct, GATEWAY } from "../../../observability/acting.ts";
import type { InvitationQueries, InvitationRow } from "../people/invitations.ts";
import type { UserEmailQueries } from "../people/user-emails.ts";
import type { OneTimeLinkQueries, OneTimeLinkRow } from "../sign-in/one-time-links.ts";
import type { Auditing } from "./audit-log.ts";

type Named = Auditing & Readonly<{ usernameOf: (id: string) => string | null }>;

/** As `InvitationQueries`, with the acceptance told from a revocation. */
export type AuditedInvitations = InvitationQueries &
  Readonly<{
    /** Removes an invitation that a user accepts; returns false as `remove` does. */
    accept: (row: InvitationRow, userId: string) => boolean;
  }>;

export function auditInvitations(
  queries: InvitationQueries,
  { audit, transactions }: Auditing,
): AuditedInvitations {
  function add(verb: string, row: InvitationRow, by?: Actor): void {
    const { id: objectId, webhookId, invitedBy } = row;
    const owner = webhookId === null ? { ownerId: invitedBy } : { webhookId };
    const objectName = row.name ?? row.email;
    audit.add({ action: `invitation.${verb}`, objectId, objectName, ...owner, ...(by && { by }) });
  }

  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        add("create", row);
      }),
    renew: (row) =>
      transactions.run(() => {
        queries.renew(row);
        add("renew", row);
      }),
    remove: (of) =>
      transactions.run(() => {
        const row = queries.find(of.id);
        const isRemoved = queries.remove(of);
        if (isRemoved && row) add("revoke", row);
        return isRemoved;
      }),
    accept: (row, userId) =>
      transactions.run(() => {
        const isRemoved = queries.remove(row);
        // Whoever creates an account by it is nobody before.
        if (isRemoved) add("accept", row, { ...(currentAct()?.actor ?? GATEWAY), userId });
        return isRemoved;
      }),
  };
}

/** `insert` takes who asked for the link, as it may be made after the response. */
export type AuditedLinks = Omit<OneTimeLinkQueries, "insert"> &
  Readonly<{ insert: (row: OneTimeLinkRow, by?: Actor) => void }>;

export function auditOneTimeLinks(
  queries: OneTimeLinkQueries,
  { audit, transactions, usernameOf }: Named,
): AuditedLinks {
  return {
    ...queries,
    insert: (row, by) =>
      transactions.run(() => {
        queries.insert(row);
        const { userId } = row;
        const about = { objectId: userId, objectName: usernameOf(userId), ownerId: userId };
        audit.add({ action: `user.${row.purpose}_link`, ...about, ...(by && { by }) });
      }),
  };
}

export function auditUserEmails(
  queries: UserEmailQueries,
  { audit, transactions, usernameOf }: Named,
): UserEmailQueries {
  function add(userId: string): void {
    const about = { objectId: userId, objectName: usernameOf(userId), ownerId: userId };
    audit.add({ action: "user.update", ...about, fields: ["email"] });
  }

  return {
    ...queries,
    put: (change) =>
      transactions.run(() => {
        queries.put(change);
        add(change.userId);
      }),
    remove: (userId) =>
      transactions.run(() => {
        const isRemoved = queries.remove(userId);
        if (isRemoved) add(userId);
        return isRemoved;
      }),
  };
}
