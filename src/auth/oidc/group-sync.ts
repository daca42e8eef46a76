/** Gives users the role and the teams that their groups at the provider stand for, as they sign in. */
import type { OidcConfig } from "../../config-oidc.ts";
import type { Clock } from "../../lib/clock.ts";
import { newId } from "../../lib/ids.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { Role, User } from "../users.ts";

type Deps = Readonly<{
  mainDb: Pick<MainDb, "users" | "teams">;
  clock: Pick<Clock, "now">;
  groups: OidcConfig["groups"];
}>;

export function createGroupSync({ mainDb, clock, groups: rules }: Deps) {
  /** Null: groups decide nothing about roles. */
  function roleFor(groups: readonly string[]): Role | null {
    if (rules.admins === null) return null;
    return rules.admins.some((group) => groups.includes(group)) ? "admin" : "user";
  }

  /** Somebody must be able to administrate. */
  function isLastAdmin({ id, role }: User): boolean {
    const others = mainDb.users
      .list()
      .filter((other) => other.role === "admin" && other.disabledAt === null && other.id !== id);
    return role === "admin" && others.length === 0;
  }

  function teamId(name: string): string {
    const found = mainDb.teams.findByName(name);
    if (found !== null) return found.id;
    const now = clock.now();
    const row = { id: newId(), name, createdAt: now, updatedAt: now };
    mainDb.teams.insert(row);
    return row.id;
  }

  return {
    roleFor,

    /** Call it in a transaction. Teams that no group stands for are left alone. */
    apply(user: User, groups: readonly string[]): void {
      const role = roleFor(groups);
      const isChange = role !== null && role !== user.role;
      if (isChange && !(role === "user" && isLastAdmin(user))) {
        mainDb.users.setRole({ id: user.id, role, at: clock.now() });
      }
      const wanted = new Set(
        Object.entries(rules.teams).flatMap(([group, team]) => (groups.includes(group) ? [team] : [])),
      );
      for (const name of wanted) mainDb.teams.addUser({ teamId: teamId(name), userId: user.id });
      for (const name of new Set(Object.values(rules.teams)).difference(wanted)) {
        const team = mainDb.teams.findByName(name);
        if (team !== null) mainDb.teams.removeUser({ teamId: team.id, userId: user.id });
      }
    },
  };
}
