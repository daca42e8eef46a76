/** Queries on teams, which are named sets of users. */
import type { Database } from "bun:sqlite";
import { z } from "zod";

const teamRow = z.object({ id: z.string(), name: z.string(), createdAt: z.number(), updatedAt: z.number() });
const teamUserRow = z.object({ teamId: z.string(), userId: z.string() });

export type TeamRow = z.infer<typeof teamRow>;

export type TeamQueries = ReturnType<typeof createTeamQueries>;

type Params = Record<string, string | number>;

const COLUMNS = "id, name, created_at AS createdAt, updated_at AS updatedAt";

export function createTeamQueries(db: Database) {
  const one = (where: string, params: Params): TeamRow | null => {
    const row = db.query<unknown, [Params]>(`SELECT ${COLUMNS} FROM teams WHERE ${where}`).get(params);
    return row === null ? null : teamRow.parse(row);
  };
  return {
    /** Throws SQLITE_CONSTRAINT_UNIQUE if the name is taken; case does not matter. */
    insert(row: TeamRow): void {
      db.query<unknown, [Params]>("INSERT INTO teams VALUES ($id, $name, $createdAt, $updatedAt)").run(row);
    },
    /** Throws as `insert`. */
    rename(change: { id: string; name: string; updatedAt: number }): void {
      db.query<unknown, [Params]>(
        "UPDATE teams SET name = $name, updated_at = $updatedAt WHERE id = $id",
      ).run(change);
    },
    /** Its members and memberships go with it. */
    remove(id: string): void {
      db.query<unknown, [Params]>("DELETE FROM teams WHERE id = $id").run({ id });
    },
    find: (id: string) => one("id = $id", { id }),
    findByName: (name: string) => one("name = $name", { name }),
    list(): TeamRow[] {
      const rows = db.query<unknown, []>(`SELECT ${COLUMNS} FROM teams ORDER BY name`).all();
      return rows.map((row) => teamRow.parse(row));
    },
    /** Ids of users by team, without deleted users. */
    listUsers(): ReadonlyMap<string, readonly string[]> {
      const rows = db
        .query<unknown, []>(
          `SELECT t.team_id AS teamId, t.user_id AS userId FROM team_users t JOIN users u ON u.id = t.user_id
           WHERE u.deleted_at IS NULL ORDER BY u.username`,
        )
        .all()
        .map((row) => teamUserRow.parse(row));
      const byTeam = Map.groupBy(rows, ({ teamId }) => teamId);
      return new Map([...byTeam].map(([id, found]) => [id, found.map(({ userId }) => userId)]));
    },
    /** Returns false if the user is in the team already. */
    addUser(of: { teamId: string; userId: string }): boolean {
      const done = db
        .query<unknown, [Params]>("INSERT OR IGNORE INTO team_users VALUES ($teamId, $userId)")
        .run(of);
      return done.changes > 0;
    },
    /** Returns false if the user was not in the team. */
    removeUser(of: { teamId: string; userId: string }): boolean {
      const done = db
        .query<unknown, [Params]>("DELETE FROM team_users WHERE team_id = $teamId AND user_id = $userId")
        .run(of);
      return done.changes > 0;
    },
  };
}
