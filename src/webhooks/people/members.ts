/** Use cases on the members of a webhook: who may use it beside its owner, and with which role. */

import { AppError, notFound } from "../../lib/errors.ts";
import type { MemberRow } from "../../storage/main-db/people/members.ts";
import type { UserRow, WebhookRow } from "../../storage/main-db/tables.ts";
import { sqliteCode } from "../../storage/sqlite/sqlite.ts";
import type { UseCaseDeps } from "../deps.ts";
import { externalIdTaken } from "../external-id.ts";
import { validate } from "../validate.ts";
import { memberChange, memberInput, transferInput } from "./member-schemas.ts";
import { findSubject, unknownSubject as unknown } from "./member-subject.ts";
import { highestRole, type InWebhook, requireRole, type WebhookAccess, type WebhookRole } from "./roles.ts";

/** The owner, or a user or team that the webhook is shared with. */
export type Member = Readonly<{
  /** Null: the owner. */
  id: string | null;
  kind: "user" | "team";
  /** Id of the user or team. */
  subjectId: string;
  name: string;
  role: WebhookRole;
  /** When it was shared; null for the owner. */
  since: number | null;
}>;

type Reason = Readonly<{ role: WebhookRole; why: "owner" | "direct" | "team"; team: string | null }>;

/** A person with access, and every reason for it. */
export type Person = Readonly<{
  userId: string;
  username: string;
  /** The highest of them. */
  role: WebhookRole;
  reasons: readonly Reason[];
}>;

export type Sharing = Readonly<{ members: readonly Member[]; people: readonly Person[] }>;

type InMember = InWebhook & Readonly<{ memberId: string }>;

const what = "member";

export function createMemberUseCases({ mainDb, clock, ids }: Pick<UseCaseDeps, "mainDb" | "clock" | "ids">) {
  const { members, users, teams } = mainDb;

  function getRow(of: InMember): MemberRow {
    const found = members.list(of.webhookId).find(({ id }) => id === of.memberId);
    if (!found) throw notFound(what);
    return found;
  }

  function toMember(row: MemberRow): Member {
    const { id, userId, teamId, role, createdAt: since } = row;
    if (teamId !== null) {
      return { id, kind: "team", subjectId: teamId, name: teams.find(teamId)?.name ?? "", role, since };
    }
    const subjectId = userId ?? "";
    return {
      id,
      kind: "user",
      subjectId,
      name: users.find(subjectId)?.username ?? "deleted user",
      role,
      since,
    };
  }

  function ownerOf({ userId: subjectId }: WebhookAccess): Member {
    const name = users.find(subjectId)?.username ?? "deleted user";
    return { id: null, kind: "user", subjectId, name, role: "owner", since: null };
  }

  function listPeople(shared: readonly Member[]): Person[] {
    const usersOfTeams = teams.listUsers();
    const reasons = shared.flatMap(({ id, kind, subjectId, name, role }) => {
      if (kind === "user") {
        const reason: Reason = { role, why: id === null ? "owner" : "direct", team: null };
        return [{ userId: subjectId, reason }];
      }
      const reason: Reason = { role, why: "team", team: name };
      return (usersOfTeams.get(subjectId) ?? []).map((userId) => ({ userId, reason }));
    });
    return [...Map.groupBy(reasons, ({ userId }) => userId)].map(([userId, found]) => ({
      userId,
      username: users.find(userId)?.username ?? "deleted user",
      role: highestRole(found.map(({ reason }) => reason.role)) ?? "viewer",
      reasons: found.map(({ reason }) => reason),
    }));
  }

  /** Throws AppError `invalid`. */
  function getNextOwner(username: string, ownerId: string): UserRow {
    const next = users.findByUsername(username);
    if (next === null) throw unknown("username", "is not a user of this server");
    if (next.disabledAt !== null) throw unknown("username", "is disabled");
    if (next.id === ownerId) throw unknown("username", "is the owner already");
    return next;
  }

  /** The owner until now stays an editor. Run it in a transaction. Throws AppError `conflict`. */
  function giveTo(next: UserRow, webhook: WebhookRow, at: number): void {
    const { id: webhookId, userId: ownerId, externalId } = webhook;
    if (externalId !== null && mainDb.webhooks.findIdByExternalId({ userId: next.id, externalId }) !== null) {
      throw externalIdTaken();
    }
    const before = members.list(webhookId).find(({ userId }) => userId === next.id);
    if (before) members.remove(before);
    mainDb.webhooks.setOwner({ id: webhookId, userId: next.id, at });
    const former = { webhookId, userId: ownerId, teamId: null, createdAt: at };
    members.insert({ id: ids.newId(), ...former, role: "editor" });
  }

  return {
    /** Who has access, the owner first. */
    async list(of: InWebhook): Promise<Sharing> {
      const access = requireRole(mainDb, of, "viewer");
      const all = [ownerOf(access), ...members.list(access.id).map(toMember)];
      return { members: all, people: listPeople(all) };
    },

    /** Shares the webhook with a user or a team. */
    async add({ input, ...of }: InWebhook & { input: unknown }): Promise<Member> {
      const access = requireRole(mainDb, of, "owner");
      const wanted = validate({ schema: memberInput, value: input, what });
      const subject = findSubject(mainDb, wanted);
      if (subject.userId === access.userId) throw alreadyMember();
      const row = {
        id: ids.newId(),
        webhookId: access.id,
        ...subject,
        role: wanted.role,
        createdAt: clock.now(),
      };
      try {
        members.insert(row);
      } catch (error) {
        if (sqliteCode(error) === "SQLITE_CONSTRAINT_UNIQUE") throw alreadyMember();
        throw error;
      }
      return toMember(row);
    },

    async setRole({ input, ...of }: InMember & { input: unknown }): Promise<Member> {
      requireRole(mainDb, of, "owner");
      const found = getRow(of);
      const { role } = validate({ schema: memberChange, value: input, what });
      const row = { ...found, role };
      members.setRole(row);
      return toMember(row);
    },

    /** Whatever the member has open ends at its next check. */
    async remove(of: InMember): Promise<Member> {
      requireRole(mainDb, of, "owner");
      const row = getRow(of);
      const removed = toMember(row);
      members.remove(row);
      return removed;
    },

    /** Gives up the user's own membership. Throws AppError `conflict` for the owner, and for access by a team. */
    async leave(of: InWebhook): Promise<void> {
      const access = requireRole(mainDb, of, "viewer");
      if (access.userId === of.userId) throw ownerStays();
      const own = members.list(of.webhookId).find(({ userId }) => userId === of.userId);
      if (!own) throw onlyByTeam();
      members.remove(own);
    },

    /** Makes another user the owner; the one until now stays an editor. */
    async transfer({ input, ...of }: InWebhook & { input: unknown }): Promise<void> {
      const access = requireRole(mainDb, of, "owner");
      const { username } = validate({ schema: transferInput, value: input, what: "transfer" });
      const next = getNextOwner(username, access.userId);
      mainDb.together(() => giveTo(next, access, clock.now()));
    },

    /**
     * Makes another user the owner of all webhooks that a user owns, and returns how many; all or none. For the command
     * line. Throws AppError `invalid` or `conflict`.
     */
    transferAll({ userId, username }: { userId: string; username: string }): number {
      const next = getNextOwner(username, userId);
      const at = clock.now();
      let count = 0;
      mainDb.together(() => {
        const owned = mainDb.webhooks.list(userId).filter((webhook) => webhook.userId === userId);
        for (const webhook of owned) giveTo(next, webhook, at);
        count = owned.length;
      });
      return count;
    },
  };
}

function alreadyMember(): AppError {
  return new AppError({
    kind: "conflict",
    code: "already_member",
    message: "The webhook is shared with them already.",
    hint: "Change the role of the member instead.",
  });
}

function ownerStays(): AppError {
  return new AppError({
    kind: "conflict",
    code: "owner_stays",
    message: "A webhook always has an owner, and it is you.",
    hint: "Transfer the webhook to another user first.",
  });
}

function onlyByTeam(): AppError {
  return new AppError({
    kind: "conflict",
    code: "member_by_team",
    message: "You have access by a team, not by yourself.",
    hint: "Ask an administrator to take you out of the team.",
  });
}
