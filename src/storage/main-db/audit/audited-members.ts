/** Adds an entry to the audit log with each change of members and teams, in the same transaction. */
import type { MemberQueries, MemberRow } from "../people/members.ts";
import type { TeamQueries } from "../people/teams.ts";
import type { UserQueries } from "../users.ts";
import type { Auditing } from "./audit-log.ts";

type Names = Readonly<{ users: Pick<UserQueries, "find">; teams: Pick<TeamQueries, "find"> }>;

export function auditMembers(
  queries: MemberQueries,
  { audit, transactions, users, teams }: Auditing & Names,
): MemberQueries {
  function add(verb: string, { id, webhookId, userId, teamId }: MemberRow, fields: readonly string[] = []) {
    const name =
      (userId !== null && users.find(userId)?.username) || (teamId !== null && teams.find(teamId)?.name);
    audit.add({ action: `member.${verb}`, objectId: id, objectName: name || null, webhookId, fields });
  }

  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        add("create", row, ["role"]);
      }),
    setRole: (row) =>
      transactions.run(() => {
        queries.setRole(row);
        add("update", row, ["role"]);
      }),
    remove: (row) =>
      transactions.run(() => {
        queries.remove(row);
        add("delete", row);
      }),
  };
}

export function auditTeams(queries: TeamQueries, { audit, transactions }: Auditing): TeamQueries {
  function add(verb: string, id: string, more: { fields?: readonly string[]; ownerId?: string } = {}): void {
    const objectName = queries.find(id)?.name ?? null;
    audit.add({ action: `team.${verb}`, objectId: id, objectName, ...more });
  }

  return {
    ...queries,
    insert: (row) =>
      transactions.run(() => {
        queries.insert(row);
        add("create", row.id);
      }),
    rename: (row) =>
      transactions.run(() => {
        queries.rename(row);
        add("update", row.id, { fields: ["name"] });
      }),
    remove: (id) =>
      transactions.run(() => {
        add("delete", id);
        queries.remove(id);
      }),
    addUser: (of) =>
      transactions.run(() => {
        const isAdded = queries.addUser(of);
        if (isAdded) add("add_user", of.teamId, { fields: ["users"], ownerId: of.userId });
        return isAdded;
      }),
    removeUser: (of) =>
      transactions.run(() => {
        const isRemoved = queries.removeUser(of);
        if (isRemoved) add("remove_user", of.teamId, { fields: ["users"], ownerId: of.userId });
        return isRemoved;
      }),
  };
}
