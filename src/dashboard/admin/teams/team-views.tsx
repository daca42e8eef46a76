/** Pages of teams: the list, one team with its users, and the question before one is deleted. */
import { Html } from "@elysiajs/html";
import type { Team } from "../../../webhooks/people/teams.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../../components/card.tsx";
import { ConfirmPage } from "../../components/confirm-page.tsx";
import { TextField } from "../../components/field-row.tsx";
import { formatCount } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import type { FieldErrors, FormInput } from "../../forms.ts";
import { attribute } from "../../render.ts";
import type { Flash, Viewer } from "../../viewer.ts";
import { AdminLayout } from "../admin-layout.tsx";

export const TEAMS = "/admin/teams";

export function teamPath(teamId: string): string {
  return `${TEAMS}/${teamId}`;
}

type Props = Readonly<{ viewer: Viewer; flash: Flash | null; typed: FormInput; errors: FieldErrors }>;

export function TeamsPage({
  viewer,
  flash,
  teams,
  typed,
  errors,
}: Props & Readonly<{ teams: readonly Team[] }>): JSX.Element {
  return (
    <AdminLayout title="Teams" viewer={viewer} flash={flash} current={TEAMS}>
      <PageHeader
        title="Teams"
        lead="Named sets of users, with which webhooks can be shared."
        manual="sharing"
      />
      <Card flush>
        <form class="form-inline card-bar" method="post" action={TEAMS}>
          <TextField
            name="name"
            label="Name of the new team"
            value={typed.name ?? ""}
            error={errors.name}
            maxlength={100}
            required
          />
          <Button icon="plus" label="Create team" />
        </form>
        {teams.length === 0 ? (
          <EmptyState icon="user" title="No teams yet" text="Create one, then add its users." />
        ) : (
          <DataTable caption="Teams" stack columns={["Name", "Users", "Created"]}>
            {teams.map(({ id, name, users, createdAt }) => (
              <tr>
                <td>
                  <a href={attribute(teamPath(id))} safe>
                    {name}
                  </a>
                </td>
                <td data-label="Users" safe>
                  {formatCount(users.length, "user")}
                </td>
                <td class="nowrap" data-label="Created">
                  <Time at={createdAt} relative />
                </td>
              </tr>
            ))}
          </DataTable>
        )}
      </Card>
    </AdminLayout>
  );
}

export function TeamPage({ viewer, flash, team, typed, errors }: Props & Readonly<{ team: Team }>) {
  const path = teamPath(team.id);
  return (
    <AdminLayout title={`Team ${team.name}`} viewer={viewer} flash={flash} current={TEAMS}>
      <PageHeader
        title={team.name}
        lead="Each of its users may do what a webhook that is shared with it allows."
      >
        <ActionButton kind="danger" label="Delete team…" action={`${path}/delete`} />
      </PageHeader>
      <div class="stack">
        <Card title="Users" flush>
          <form class="form-inline card-bar" method="post" action={attribute(`${path}/users`)}>
            <TextField
              name="username"
              label="Username"
              value={typed.username ?? ""}
              error={errors.username}
              maxlength={64}
              required
            />
            <Button icon="plus" label="Add user" />
          </form>
          {team.users.length === 0 ? (
            <EmptyState icon="user" title="Nobody is in this team" />
          ) : (
            <DataTable
              caption="Users of the team"
              stack
              columns={["Username", { label: "Actions", hidden: true }]}
            >
              {team.users.map(({ id, username }) => (
                <tr>
                  <td safe>{username}</td>
                  <td class="cell-actions">
                    <ActionButton
                      size="small"
                      label="Remove"
                      describe={`Remove ${username} from the team`}
                      action={`${path}/users/${id}/remove`}
                      confirm={`Remove ${username} from the team ${team.name}?`}
                    />
                  </td>
                </tr>
              ))}
            </DataTable>
          )}
        </Card>
        <Card title="Name">
          <form class="form" method="post" action={attribute(`${path}/name`)}>
            <TextField
              name="name"
              label="Name"
              value={typed.name ?? team.name}
              error={errors.name}
              maxlength={100}
              required
            />
            <div class="form-actions">
              <Button label="Rename team" />
            </div>
          </form>
        </Card>
      </div>
    </AdminLayout>
  );
}

export function DeleteTeamPage({ viewer, team }: Readonly<{ viewer: Viewer; team: Team }>): JSX.Element {
  const path = teamPath(team.id);
  return (
    <ConfirmPage
      title={`Delete the team ${team.name}?`}
      viewer={viewer}
      section="admin"
      crumbs={[
        { href: TEAMS, label: "Teams" },
        { href: path, label: team.name },
      ]}
      action={`${path}/delete`}
      confirmLabel="Delete team"
      cancelHref={path}
    >
      <p>
        Webhooks that are shared with it no longer are. Its users stay, and keep what they have otherwise.
      </p>
    </ConfirmPage>
  );
}
