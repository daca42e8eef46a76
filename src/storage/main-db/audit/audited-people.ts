/** Adds an entry to the audit log with each change of users and of what lets them in, in the same transaction. */
import { currentAct, GATEWAY } from "../../../observability/acting.ts";
import type { ApiKeyQueries } from "../api-keys.ts";
import type { IdentityQueries } from "../sign-in/identities.ts";
import type { PasskeyQueries } from "../sign-in/passkeys.ts";
import type { SecondFactorQueries } from "../sign-in/second-factors.ts";
import type { SessionQueries } from "../sign-in/sessions.ts";
import type { UserQueries } from "../users.ts";
import type { Auditing } from "./audit-log.ts";

/** How a session began, which stands for its name; null: as most do. */
const SIGNED_IN_BY = {
  password: null,
  passkey: "by passkey",
  link: "by link",
  oidc: "by OpenID Connect",
} as const;

export function auditUsers(queries: UserQueries, { audit, transactions }: Auditing): UserQueries {
  function add(action: string, id: string, fields: readonly string[] = []): void {
    const row = queries.find(id);
    if (row) audit.add({ action, objectId: id, objectName: row.username, ownerId: id, fields });
  }

  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        add("user.create", row.id);
      }),
    setDisabledAt: (change) =>
      transactions.run(() => {
        queries.setDisabledAt(change);
        add(change.disabledAt === null ? "user.enable" : "user.disable", change.id, ["disabled_at"]);
      }),
    setRole: (change) =>
      transactions.run(() => {
        queries.setRole(change);
        add("user.update", change.id, ["role"]);
      }),
    setPasswordHash: (change) =>
      transactions.run(() => {
        queries.setPasswordHash(change);
        add("user.update", change.id, ["password"]);
      }),
  };
}

/** Entries about the user whose app or codes they are. */
export function auditSecondFactors(
  queries: SecondFactorQueries,
  { audit, transactions, usernameOf }: Auditing & Readonly<{ usernameOf: (id: string) => string | null }>,
): SecondFactorQueries {
  function add(id: string, ...fields: readonly string[]): void {
    audit.add({ action: "user.update", objectId: id, objectName: usernameOf(id), ownerId: id, fields });
  }

  return {
    ...queries,
    put: (row, codeHashes) =>
      transactions.run(() => {
        queries.put(row, codeHashes);
        add(row.id, "second_factor", "recovery_codes");
      }),
    replaceCodes: (id, hashes) =>
      transactions.run(() => {
        queries.replaceCodes(id, hashes);
        add(id, "recovery_codes");
      }),
    takeCode: (id, hash) =>
      transactions.run(() => {
        const isTaken = queries.takeCode(id, hash);
        if (isTaken) add(id, "recovery_codes");
        return isTaken;
      }),
    remove: (id) =>
      transactions.run(() => {
        const isRemoved = queries.remove(id);
        if (isRemoved) add(id, "second_factor", "recovery_codes");
        return isRemoved;
      }),
  };
}

export function auditPasskeys(queries: PasskeyQueries, { audit, transactions }: Auditing): PasskeyQueries {
  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        audit.add({ action: "passkey.create", ...objectOf(row) });
      }),
    remove: (of) =>
      transactions.run(() => {
        const row = queries.find(of.id);
        const isRemoved = queries.remove(of);
        if (isRemoved && row) audit.add({ action: "passkey.delete", ...objectOf(row) });
        return isRemoved;
      }),
  };
}

export function auditIdentities(
  queries: IdentityQueries,
  { audit, transactions }: Auditing,
): IdentityQueries {
  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        audit.add({ action: "identity.create", ...objectOf(row) });
      }),
    remove: (of) =>
      transactions.run(() => {
        queries.remove(of);
        audit.add({ action: "identity.delete", ...objectOf(of) });
      }),
  };
}

/** Sessions that expire add no entry. */
export function auditSessions(queries: SessionQueries, { audit, transactions }: Auditing): SessionQueries {
  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        const { idHash: objectId, userId, signedInBy } = row;
        // Whoever signs in is nobody before.
        const by = { ...(currentAct()?.actor ?? GATEWAY), userId, sessionId: objectId };
        const objectName = SIGNED_IN_BY[signedInBy];
        audit.add({ action: "session.create", objectId, objectName, ownerId: userId, by });
      }),
    delete: (of) =>
      transactions.run(() => {
        const isThere = queries.list(of.userId).some(({ idHash }) => idHash === of.idHash);
        queries.delete(of);
        if (isThere) audit.add({ action: "session.end", objectId: of.idHash, ownerId: of.userId });
      }),
    deleteOthers: (of) =>
      transactions.run(() => {
        const others = queries.list(of.userId).filter(({ idHash }) => idHash !== of.exceptIdHash);
        queries.deleteOthers(of);
        for (const { idHash } of others) {
          audit.add({ action: "session.end", objectId: idHash, ownerId: of.userId });
        }
      }),
  };
}

export function auditApiKeys(queries: ApiKeyQueries, { audit, transactions }: Auditing): ApiKeyQueries {
  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        audit.add({ action: "api_key.create", ...objectOf(row) });
      }),
    revoke: (of) =>
      transactions.run(() => {
        const row = queries.list({}).find(({ id }) => id === of.id);
        const isRevoked = queries.revoke(of);
        if (isRevoked && row) audit.add({ action: "api_key.revoke", ...objectOf(row) });
        return isRevoked;
      }),
  };
}

/** A passkey, an identity or a key, as an entry names it. */
function objectOf({ id, name, userId }: Readonly<{ id: string; name: string; userId: string }>) {
  return { objectId: id, objectName: name, ownerId: userId };
}
