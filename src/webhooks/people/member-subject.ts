/** Finds the user or team that a webhook is to be shared with. */
import type { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { MemberRow } from "../../storage/main-db/people/members.ts";
import type { memberInput } from "./member-schemas.ts";

type Subject = Pick<MemberRow, "userId" | "teamId">;

/** Throws AppError `invalid` for a name that nobody has. */
export function findSubject(
  { users, teams }: Pick<MainDb, "users" | "teams">,
  wanted: z.infer<typeof memberInput>,
): Subject {
  const user = wanted.username === undefined ? null : users.findByUsername(wanted.username);
  const team = wanted.team === undefined ? null : teams.findByName(wanted.team);
  if (wanted.username !== undefined && user === null)
    throw unknownSubject("username", "is not a user of this server");
  if (wanted.team !== undefined && team === null)
    throw unknownSubject("team", "is not a team of this server");
  return { userId: user?.id ?? null, teamId: team?.id ?? null };
}

export function unknownSubject(path: string, message: string): AppError {
  return new AppError({ kind: "invalid", message: "The member is not valid.", details: [{ path, message }] });
}
