/** /teams: named sets of users, which webhooks can be shared with. */
import { z } from "zod";
import { teamInput, teamUserInput } from "../../webhooks/people/member-schemas.ts";
import type { Team } from "../../webhooks/people/teams.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { time as presentTime } from "../presenters.ts";
import { id, time } from "../schema-parts.ts";
import { listOf } from "../schemas.ts";

const tag = "Teams";
const scope = "admin";
const path = "/teams/:team_id";
const teamPath = z.object({ team_id: id });
const teamUserPath = teamPath.extend({ user_id: id });

const teamSchema = z
  .strictObject({
    id,
    name: z.string(),
    users: z.array(z.strictObject({ id, username: z.string() })),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: "Team", description: "A named set of users. Only administrators manage teams." });

export function teamOperations({ useCases: { teams } }: ApiDeps): readonly Operation[] {
  const updated = { status: 200, description: "The updated team.", schema: teamSchema } as const;
  return [
    operation({
      id: "listTeams",
      method: "GET",
      path: "/teams",
      tag,
      scope: "webhooks:read",
      summary: "List teams: all for administrators, their own for others",
      success: { status: 200, description: "Sorted by name.", schema: listOf(teamSchema) },
      async handle({ caller: { userId } }) {
        return { data: (await teams.list({ userId })).map(presentTeam), next_cursor: null };
      },
    }),
    operation({
      id: "createTeam",
      method: "POST",
      path: "/teams",
      tag,
      scope,
      summary: "Create a team",
      body: teamInput,
      success: { status: 201, description: "The new team, without users.", schema: teamSchema },
      location: (team) => `/teams/${team.id}`,
      errors: ["conflict"],
      async handle({ caller: { userId }, body: input }) {
        return presentTeam(await teams.create({ userId, input }));
      },
    }),
    operation({
      id: "getTeam",
      method: "GET",
      path,
      tag,
      scope,
      summary: "Read a team",
      params: teamPath,
      success: { status: 200, description: "The team.", schema: teamSchema },
      async handle({ caller: { userId }, params }) {
        return presentTeam(await teams.get({ userId, teamId: params.team_id }));
      },
    }),
    operation({
      id: "renameTeam",
      method: "PATCH",
      path,
      tag,
      scope,
      summary: "Rename a team",
      params: teamPath,
      body: teamInput,
      success: updated,
      errors: ["conflict"],
      async handle({ caller: { userId }, params, body: input }) {
        return presentTeam(await teams.rename({ userId, teamId: params.team_id, input }));
      },
    }),
    operation({
      id: "deleteTeam",
      method: "DELETE",
      path,
      tag,
      scope,
      summary: "Delete a team",
      description: "Webhooks are no longer shared with it.",
      params: teamPath,
      success: { status: 204, description: "Deleted." },
      async handle({ caller: { userId }, params }) {
        await teams.remove({ userId, teamId: params.team_id });
      },
    }),
    operation({
      id: "addTeamUser",
      method: "POST",
      path: `${path}/users`,
      tag,
      scope,
      summary: "Add a user to a team",
      params: teamPath,
      body: teamUserInput,
      success: updated,
      async handle({ caller: { userId }, params, body: input }) {
        return presentTeam(await teams.addUser({ userId, teamId: params.team_id, input }));
      },
    }),
    operation({
      id: "removeTeamUser",
      method: "DELETE",
      path: `${path}/users/:user_id`,
      tag,
      scope,
      summary: "Take a user out of a team",
      params: teamUserPath,
      success: updated,
      async handle({ caller: { userId }, params }) {
        const of = { userId, teamId: params.team_id };
        return presentTeam(await teams.removeUser({ ...of, memberId: params.user_id }));
      },
    }),
  ];
}

function presentTeam({ id, name, users, createdAt, updatedAt }: Team): z.infer<typeof teamSchema> {
  return {
    id,
    name,
    users: users.map(({ id, username }) => ({ id, username })),
    created_at: presentTime(createdAt),
    updated_at: presentTime(updatedAt),
  };
}
