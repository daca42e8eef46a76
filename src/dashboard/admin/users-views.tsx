/** The users page of the administration and its confirmations. */
import { Html } from "@elysiajs/html";
import type { User } from "../../auth/users.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { Card, DataTable, PageHeader } from "../components/card.tsx";
import { SelectField, TextField } from "../components/field-row.tsx";
import { SecretOnce } from "../components/secret-once.tsx";
import { Time } from "../components/values.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { SERVER_INVITATIONS } from "../invitations/paths.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { AdminLayout } from "./admin-layout.tsx";
import { UserActions } from "./user-actions.tsx";

type Row = Readonly<{
  user: User;
  email: string | null;
  lastSeenAt: number | null;
  hasSecondFactor: boolean;
  isLinked: boolean;
}>;

type Props = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  users: readonly Row[];
  /** A generated password, or a link to a new one, shown this one time. */
  made: Readonly<{ username: string; what: "password" | "link"; secret: string }> | null;
  errors: FieldErrors;
  typed: FormInput;
}>;

const USERS = "/admin/users";
/** Choice of a user without a password. */
export const SERVICE = "service";
const ROLES = [
  { value: "user", label: "User: own webhooks" },
  { value: "admin", label: "Administrator: users and server too" },
  { value: SERVICE, label: "Service account: no password, only API keys" },
];

export function usersView({ viewer, flash, users, made, errors, typed }: Props): JSX.Element {
  return (
    <AdminLayout title="Users" viewer={viewer} flash={flash} current={USERS}>
      <PageHeader title="Users" lead="Each user has their own webhooks; users can't see each other's.">
        <Button icon="user" label="Invite people" href={SERVER_INVITATIONS} />
      </PageHeader>
      {made !== null && (
        <SecretOnce
          title={
            made.what === "password"
              ? `Password of ${made.username}`
              : `Link to a new password for ${made.username}: works once, for an hour`
          }
          secret={made.secret}
        />
      )}
      <div class="stack">
        <Card flush>
          <DataTable
            caption="Users"
            stack
            columns={[
              "Username",
              "Role",
              "State",
              "Last seen",
              "Created",
              { label: "Actions", hidden: true },
            ]}
          >
            {users.map((row) => (
              <UserRow {...row} isSelf={row.user.id === viewer.id} />
            ))}
          </DataTable>
        </Card>
        <Card
          title="Add a user"
          lead="A password is generated and shown to you once. Service accounts get none."
        >
          <form class="form" method="post" action={USERS}>
            <TextField
              name="username"
              label="Username"
              value={typed.username ?? ""}
              error={errors.username}
              maxlength={64}
              required
            />
            <SelectField
              name="role"
              label="Role"
              value={typed.role ?? "user"}
              options={ROLES}
              error={errors.role}
            />
            <div class="form-actions">
              <Button kind="primary" label="Add user" />
            </div>
          </form>
        </Card>
      </div>
    </AdminLayout>
  );
}

function UserRow({
  user,
  email,
  lastSeenAt,
  hasSecondFactor,
  isLinked,
  isSelf,
}: Row & { isSelf: boolean }): JSX.Element {
  const { username, role, disabledAt, createdAt } = user;
  return (
    <tr class={disabledAt === null ? undefined : "row-idle"}>
      <td>
        <span safe>{username}</span>
        {isSelf && <span class="muted"> (you)</span>}
        {email !== null && (
          <div class="muted text-s" safe>
            {email}
          </div>
        )}
      </td>
      <td class="nowrap">
        {role === "admin" ? "Administrator" : user.isService ? "Service account" : "User"}
      </td>
      <td>
        {disabledAt === null ? <Badge tone="ok" label="active" /> : <Badge tone="idle" label="disabled" />}
        {hasSecondFactor && <span class="muted text-s"> with second factor</span>}
        {isLinked && <span class="muted text-s"> by single sign-on</span>}
      </td>
      <td class="nowrap" data-label="Last seen">
        {lastSeenAt === null ? <span class="muted">not signed in</span> : <Time at={lastSeenAt} relative />}
      </td>
      <td class="nowrap" data-label="Created">
        <Time at={createdAt} relative />
      </td>
      <td class="cell-actions cell-wrap">
        {!isSelf && (
          <UserActions user={user} isSignedIn={lastSeenAt !== null} hasSecondFactor={hasSecondFactor} />
        )}
      </td>
    </tr>
  );
}
