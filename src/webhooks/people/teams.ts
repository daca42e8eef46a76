/** Use cases on teams, named sets of users. Administrators manage them; everybody can share a webhook with one. */
import { AppError, notFound } from "../../lib/errors.ts";
import type { TeamRow } from "../../storage/main-db/people/teams.ts";
import { sqliteCode } from "../../storage/sqlite/sqlite.ts";
import type { UseCaseDeps } from "../deps.ts";
import { validate } from "../validate.ts";
import { teamInput, teamUserInput } from "./member-schemas.ts";

export type Team = Readonly<{
  id: string;
  name: string;
  /** In the order of their names. */
  users: readonly Readonly<{ id: string; username: string }>[];
  createdAt: number;
  updatedAt: number;
}>;

type Asker = Readonly<{ userId: string }>;
type InTeam = Asker & Readonly<{ teamId: string }>;

const what = "team";

export function createTeamUseCases({ mainDb, clock, ids }: UseCaseDeps) {
  const { teams, users } = mainDb;

  const isAdmin = ({ userId }: Asker) => users.find(userId)?.role === "admin";

  /** Throws AppError `not_found`, also for everybody but administrators. */
  function getRow(of: InTeam): TeamRow {
    const row = isAdmin(of) ? teams.find(of.teamId) : null;
    if (row === null) throw notFound(what);
    return row;
  }

  function toTeam(row: TeamRow, usersOfTeams = teams.listUsers()): Team {
    const inTeam = (usersOfTeams.get(row.id) ?? []).map((id) => users.find(id));
    return {
      ...row,
      users: inTeam.flatMap((user) => (user ? [{ id: user.id, username: user.username }] : [])),
    };
  }

  /** Throws AppError `conflict` for a name that is taken. */
  function orTaken(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (sqliteCode(error) === "SQLITE_CONSTRAINT_UNIQUE") throw taken();
      throw error;
    }
  }

  return {
    /** All teams with their users for administrators, and for others the teams that they are in. */
    async list(asker: Asker): Promise<Team[]> {
      const usersOfTeams = teams.listUsers();
      const seesAll = isAdmin(asker);
      return teams
        .list()
        .filter(({ id }) => seesAll || usersOfTeams.get(id)?.includes(asker.userId))
        .map((row) => toTeam(row, usersOfTeams));
    },

    async get(of: InTeam): Promise<Team> {
      return toTeam(getRow(of));
    },

    async create({ userId, input }: Asker & { input: unknown }): Promise<Team> {
      if (!isAdmin({ userId })) throw onlyAdmins();
      const { name } = validate({ schema: teamInput, value: input, what });
      const now = clock.now();
      const row = { id: ids.newId(), name, createdAt: now, updatedAt: now };
      orTaken(() => teams.insert(row));
      return toTeam(row);
    },

    async rename({ input, ...of }: InTeam & { input: unknown }): Promise<Team> {
      const { name } = validate({ schema: teamInput, value: input, what });
      const row = { ...getRow(of), name, updatedAt: clock.now() };
      orTaken(() => teams.rename(row));
      return toTeam(row);
    },

    /** Webhooks shared with it are no longer. */
    async remove(of: InTeam): Promise<void> {
      teams.remove(getRow(of).id);
    },

    async addUser({ input, ...of }: InTeam & { input: unknown }): Promise<Team> {
      const { username } = validate({ schema: teamUserInput, value: input, what });
      const row = getRow(of);
      const user = users.findByUsername(username);
      if (user === null) throw unknownUser();
      teams.addUser({ teamId: row.id, userId: user.id });
      return toTeam(row);
    },

    async removeUser({ memberId, ...of }: InTeam & { memberId: string }): Promise<Team> {
      const row = getRow(of);
      if (!teams.removeUser({ teamId: row.id, userId: memberId })) throw notFound("user");
      return toTeam(row);
    },
  };
}

function onlyAdmins(): AppError {
  return new AppError({ kind: "forbidden", message: "This is for administrators." });
}

function unknownUser(): AppError {
  const message = "is not a user of this server";
  return new AppError({
    kind: "invalid",
    message: `The username ${message}.`,
    details: [{ path: "username", message }],
  });
}

function taken(): AppError {
  return new AppError({
    kind: "conflict",
    code: "team_name_taken",
    message: "Team already exists.",
    hint: "Choose another name. Upper and lower case do not differ.",
  });
}
