/** The page of a webhook's sharing: members and their roles, and everybody with access and why. */
import { Html } from "@elysiajs/html";
import type { Member, Person, Sharing } from "../../../webhooks/people/members.ts";
import { includesRole, WEBHOOK_ROLES } from "../../../webhooks/people/roles.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import { Card, DataTable, PageHeader } from "../../components/card.tsx";
import { SelectField, TextField } from "../../components/field-row.tsx";
import { Time } from "../../components/values.tsx";
import { type FieldErrors, type FormInput, NO_ERRORS } from "../../forms.ts";
import { Layout } from "../../layout.tsx";
import { attribute } from "../../render.ts";
import type { Flash, Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { sharingPath, webhookPortalPath } from "../paths.ts";

type Props = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  sharing: Sharing;
  /** Teams to propose. */
  teamNames: readonly string[];
  /** A form that comes back with its errors. */
  returned: Readonly<{ form: "add" | "transfer"; typed: FormInput; errors: FieldErrors }> | undefined;
}>;

const ROLES = WEBHOOK_ROLES.map((role) => ({ value: role, label: role }));
const KINDS = [
  { value: "user", label: "user" },
  { value: "team", label: "team" },
];

export function SharingPage(props: Props): JSX.Element {
  const { viewer, flash, webhook, sharing } = props;
  const isOwner = includesRole(webhook.role, "owner");
  return (
    <Layout
      title="Sharing"
      tabTitle={`Sharing · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      crumbs={crumbsWithin(webhook)}
    >
      <PageHeader title="Sharing" lead={`Your role on ${webhook.name}: ${webhook.role}.`} manual="sharing">
        <Button label="Portal" describe="Portal for a customer" href={webhookPortalPath(webhook.id)} />
        {isOwner && (
          <Button icon="user" label="Invite people" href={`${sharingPath(webhook.id)}/invitations`} />
        )}
        {webhook.ownerId !== viewer.id && (
          <ActionButton kind="quiet" label="Leave webhook…" action={`${sharingPath(webhook.id)}/leave`} />
        )}
      </PageHeader>
      <div class="stack">
        <Members {...props} isOwner={isOwner} />
        <People people={sharing.people} />
        {isOwner && <Transfer {...props} />}
      </div>
    </Layout>
  );
}

function Members(props: Props & { isOwner: boolean }): JSX.Element {
  const { webhook, sharing, isOwner } = props;
  return (
    <Card title="Shared with" lead="Users and teams, each with a role." flush>
      {isOwner && <AddForm {...props} />}
      <DataTable
        caption="Members"
        stack
        columns={["Name", "Role", "Since", { label: "Actions", hidden: true }]}
      >
        {sharing.members.map((member) => (
          <MemberRow member={member} webhook={webhook} isOwner={isOwner} />
        ))}
      </DataTable>
    </Card>
  );
}

function AddForm({ webhook, teamNames, returned }: Props): JSX.Element {
  const { typed, errors } = returned?.form === "add" ? returned : { typed: {}, errors: NO_ERRORS };
  const form: FormInput = typed;
  return (
    <form class="form-inline card-bar" method="post" action={attribute(sharingPath(webhook.id))}>
      <SelectField name="kind" label="Share with the" value={form.kind ?? "user"} options={KINDS} />
      <TextField
        name="who"
        label="Name"
        value={form.who ?? ""}
        error={errors.who}
        proposals={teamNames}
        maxlength={100}
        required
      />
      <SelectField
        name="role"
        label="Role"
        value={form.role ?? "viewer"}
        options={ROLES}
        error={errors.role}
      />
      <Button icon="plus" label="Share webhook" />
    </form>
  );
}

function MemberRow(props: { member: Member; webhook: Webhook; isOwner: boolean }): JSX.Element {
  const { member, webhook, isOwner } = props;
  const { id, kind, name, role, since } = member;
  const path = `${sharingPath(webhook.id)}/${id}`;
  return (
    <tr>
      <td>
        <span safe>{name}</span>
        {kind === "team" && <span class="muted"> (team)</span>}
      </td>
      <td data-label="Role">
        {id === null || !isOwner ? (
          <span>{id === null ? "owner of this webhook" : role}</span>
        ) : (
          <form class="form-inline" method="post" action={attribute(`${path}/role`)}>
            <label class="sr-only" for={`role-${id}`} safe>{`Role of ${name}`}</label>
            <select class="input" id={`role-${id}`} name="role">
              {ROLES.map(({ value, label }) => (
                <option value={value} selected={value === role}>
                  {label}
                </option>
              ))}
            </select>
            <Button size="small" label="Change role" describe={`Change role of ${name}`} />
          </form>
        )}
      </td>
      <td class="nowrap" data-label={since === null ? undefined : "Since"}>
        {since === null ? "" : <Time at={since} relative />}
      </td>
      <td class="cell-actions">
        {id !== null && (
          <ActionButton
            action={`${path}/remove`}
            kind="danger"
            size="small"
            label="Stop sharing…"
            describe={`Stop sharing with ${name}`}
          />
        )}
      </td>
    </tr>
  );
}

function People({ people }: { people: readonly Person[] }): JSX.Element {
  return (
    <Card title="Who has access, and why" lead="The highest role counts." flush>
      <DataTable caption="People with access" stack columns={["Username", "Role", "Why"]}>
        {people.map(({ username, role, reasons }) => (
          <tr>
            <td safe>{username}</td>
            <td data-label="Role">{role}</td>
            <td data-label="Why" safe>
              {reasons.map(wordReason).join("; ")}
            </td>
          </tr>
        ))}
      </DataTable>
    </Card>
  );
}

function wordReason({ why, team, role }: Person["reasons"][number]): string {
  if (why === "owner") return "owns the webhook";
  return why === "team" ? `${role} by the team ${team ?? ""}` : `${role}, shared directly`;
}

function Transfer({ webhook, returned }: Props): JSX.Element {
  const { typed, errors } = returned?.form === "transfer" ? returned : { typed: {}, errors: NO_ERRORS };
  const form: FormInput = typed;
  return (
    <Card title="Transfer" lead="Makes another user the owner. The owner until now stays an editor.">
      <form class="form" method="post" action={attribute(`${sharingPath(webhook.id)}/transfer`)}>
        <TextField
          name="username"
          label="Username of the new owner"
          value={form.username ?? ""}
          error={errors.username}
          maxlength={64}
          idPrefix="transfer-"
          required
        />
        <div class="form-actions">
          <Button label="Transfer webhook…" />
        </div>
      </form>
    </Card>
  );
}
