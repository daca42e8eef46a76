/** Which account at the provider is which user. Only issuer and subject tell, never an e-mail address. */
import type { OidcConfig } from "../../config-oidc.ts";
import type { Clock } from "../../lib/clock.ts";
import { randomToken } from "../../lib/crypto.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import { newId } from "../../lib/ids.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { IdentityRow } from "../../storage/main-db/tables.ts";
import type { User, Users } from "../users.ts";
import type { Claims } from "./claims.ts";
import { createGroupSync } from "./group-sync.ts";

export type Identity = Omit<IdentityRow, "userId">;

/** Why nobody was let in, for the audit log. */
export type Refusal =
  | "email_not_verified"
  | "domain_not_allowed"
  | "user_disabled"
  | "identity_unknown"
  | "identity_taken"
  | "too_many_identities"
  | "other_identity";

type Outcome<T> = T | Readonly<{ refusal: Refusal; user: User | null }>;

const MAX_PER_USER = 10;
const MAX_USERNAME_LENGTH = 60;
/** Users who share a name get numbers up to this one. */
const MAX_NUMBER = 50;

export type Identities = ReturnType<typeof createIdentities>;

export function createIdentities(deps: {
  mainDb: Pick<MainDb, "identities" | "users" | "teams" | "passkeys" | "together">;
  users: Pick<Users, "find" | "findByUsername" | "createWithoutPassword">;
  clock: Pick<Clock, "now">;
  oidc: OidcConfig | null;
  /** Whether users who have a password sign in by it. */
  isPasswordEnough: () => boolean;
}) {
  const { mainDb, users, clock, oidc } = deps;
  const { identities } = mainDb;
  const groupSync = createGroupSync({ mainDb, clock, groups: oidc?.groups ?? NO_GROUPS });

  function domainRefusal({ verifiedEmail }: Claims): Refusal | null {
    const domains = oidc?.allowedDomains ?? null;
    if (domains === null) return null;
    if (verifiedEmail === null) return "email_not_verified";
    const domain = verifiedEmail.slice(verifiedEmail.lastIndexOf("@") + 1).toLowerCase();
    return domains.includes(domain) ? null : "domain_not_allowed";
  }

  function add(userId: string, { issuer, claims }: { issuer: string; claims: Claims }): IdentityRow {
    const { subject, name } = claims;
    const row = { id: newId(), userId, issuer, subject, name: name ?? subject };
    const added = { ...row, createdAt: clock.now(), lastUsedAt: null };
    identities.insert(added);
    return added;
  }

  function noteUse(row: IdentityRow, { name }: Claims): void {
    identities.noteUse({ id: row.id, name: name ?? row.name, at: clock.now() });
  }

  function createUser(claims: Claims): User {
    const role = groupSync.roleFor(claims.groups) ?? "user";
    return users.createWithoutPassword({ username: freeUsername(claims.name ?? ""), role });
  }

  /** Fits the name into a username. Somebody who is called so already stays another user. */
  function freeUsername(name: string): string {
    const fit = name.replaceAll(/[^A-Za-z0-9._@-]/g, "-").replace(/^[^A-Za-z0-9]+/, "");
    const base = fit.slice(0, MAX_USERNAME_LENGTH) || "user";
    for (let number = 1; number <= MAX_NUMBER; number++) {
      const username = number === 1 ? base : `${base}-${number}`;
      if (users.findByUsername(username) === null) return username;
    }
    return `user-${randomToken(9)}`;
  }

  return {
    list: (userId: string): Identity[] => identities.list(userId),
    listUserIds: identities.listUserIds,

    /** Whether the user can prove by the configured provider who they are. */
    canVerify: (userId: string): boolean =>
      oidc !== null && identities.list(userId).some(({ issuer }) => issuer === new URL(oidc.issuer).href),

    /** Finds the user whose account has signed in, or creates one, and applies the groups. */
    signIn(issuer: string, claims: Claims): Outcome<Readonly<{ user: User }>> {
      return mainDb.together(() => {
        const row = identities.find({ issuer, subject: claims.subject });
        const known = row && users.find(row.userId);
        const refusal = domainRefusal(claims);
        if (refusal !== null) return { refusal, user: known };
        if (known !== null && known.disabledAt !== null) return { refusal: "user_disabled", user: known };
        if (known === null && (row !== null || oidc?.createsUsers !== true)) {
          return { refusal: "identity_unknown", user: null };
        }
        const user = known ?? createUser(claims);
        groupSync.apply(user, claims.groups);
        noteUse(row ?? add(user.id, { issuer, claims }), claims);
        return { user };
      });
    },

    /** Links the account that has signed in to a user who is signed in here. */
    link(
      user: User,
      { issuer, claims }: { issuer: string; claims: Claims },
    ): Outcome<Readonly<{ user: User }>> {
      return mainDb.together(() => {
        const refusal = domainRefusal(claims);
        if (refusal !== null) return { refusal, user };
        if (identities.find({ issuer, subject: claims.subject }) !== null)
          return { refusal: "identity_taken", user };
        if (identities.list(user.id).length >= MAX_PER_USER) return { refusal: "too_many_identities", user };
        add(user.id, { issuer, claims });
        return { user };
      });
    },

    /** Whether the account that has signed in is the user's. */
    isOf(user: User, { issuer, claims }: { issuer: string; claims: Claims }): boolean {
      return identities.find({ issuer, subject: claims.subject })?.userId === user.id;
    },

    /** Throws AppError `not_found`, and `conflict` for the user's only way to sign in. */
    unlink({ user, id }: { user: User; id: string }): void {
      const own = identities.list(user.id);
      const row = own.find((each) => each.id === id);
      if (!row) throw notFound("linked account");
      const hasOther = own.length > 1 || mainDb.passkeys.list(user.id).length > 0;
      if (!hasOther && !(user.hasPassword && deps.isPasswordEnough())) throw onlyWayIn();
      identities.remove(row);
    },
  };
}

const NO_GROUPS: OidcConfig["groups"] = { claim: "", admins: null, teams: {} };

function onlyWayIn(): AppError {
  return new AppError({
    kind: "conflict",
    code: "only_way_in",
    message: "This is your only way to sign in.",
    hint: "Add a passkey first, or ask an administrator for a password.",
  });
}
