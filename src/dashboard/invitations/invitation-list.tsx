/** The invitations that nobody has accepted yet, a new link shown once, and the form for another one. */
import { Html } from "@elysiajs/html";
import type { FormField } from "../../settings/form-field.ts";
import type { Invitation } from "../../webhooks/people/invitations/invitation-deps.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { Card, DataTable, EmptyState } from "../components/card.tsx";
import { TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { FormFields } from "../components/form-fields.tsx";
import { SecretOnce } from "../components/secret-once.tsx";
import { Time } from "../components/values.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import { attribute } from "../render.ts";

export type InvitationListProps = Readonly<{
  /** Where the form is sent; the actions are below it. */
  path: string;
  /** More fields of the form, such as a role. */
  fields: readonly FormField[];
  invitations: readonly Invitation[];
  sendsMail: boolean;
  /** A new link, shown this one time. */
  newLink: string | null;
  typed: FormInput;
  errors: FieldErrors;
}>;

export function InvitationList(props: InvitationListProps): JSX.Element {
  const { path, invitations, sendsMail, newLink, typed, errors } = props;
  return (
    <>
      {newLink !== null && <SecretOnce title="Link of the invitation" secret={newLink} />}
      <div class="stack">
        <Card title="Invite a person" lead={leadText(sendsMail)}>
          {errors[""] !== undefined && <Notice tone="bad" text={errors[""]} />}
          <form class="form" method="post" action={attribute(path)}>
            <TextField
              name="email"
              label="E-mail address"
              type="email"
              help={sendsMail ? undefined : "For your list only: this server sends no e-mail."}
              value={typed.email}
              error={errors.email}
              maxlength={254}
              optional
            />
            <TextField
              name="name"
              label="Name"
              help="Who is meant, and a proposal for the username."
              value={typed.name}
              error={errors.name}
              maxlength={100}
              optional
            />
            <FormFields
              fields={props.fields}
              typed={Object.keys(typed).length === 0 ? undefined : typed}
              errors={errors}
            />
            <div class="form-actions">
              <Button kind="primary" label="Invite" />
            </div>
          </form>
        </Card>
        <Card title="Pending" lead="A link works once, for 72 hours." flush>
          {invitations.length === 0 ? (
            <EmptyState icon="user" title="Nobody is invited" />
          ) : (
            <DataTable
              caption="Pending invitations"
              stack
              columns={["For", "Offer", "Invited by", "Link", "Expires", { label: "Actions", hidden: true }]}
            >
              {invitations.map((invitation) => (
                <Row invitation={invitation} path={path} sendsMail={sendsMail} />
              ))}
            </DataTable>
          )}
        </Card>
      </div>
    </>
  );
}

function Row(props: { invitation: Invitation; path: string; sendsMail: boolean }): JSX.Element {
  const { invitation, path, sendsMail } = props;
  const { id, email, isExpired, isMailed, expiresAt, invitedBy } = invitation;
  const renewal = email !== null && sendsMail ? "Send again" : "New link";
  const who = invitation.name ?? email ?? "whoever has the link";
  return (
    <tr>
      <td>
        <span safe>{who}</span>
        {email !== null && email !== who && (
          <div class="muted text-s" safe>
            {email}
          </div>
        )}
      </td>
      <td data-label="Offer" safe>
        {offerText(invitation)}
      </td>
      <td data-label="Invited by" safe>
        {invitedBy}
      </td>
      <td data-label="Link">{isMailed ? "sent by e-mail" : "shown once"}</td>
      <td class="nowrap" data-label="Expires">
        {isExpired ? <Badge tone="idle" label="expired" /> : <Time at={expiresAt} ahead />}
      </td>
      <td class="cell-actions">
        <ActionButton
          action={`${path}/${id}/renew`}
          size="small"
          label={renewal}
          describe={`${renewal} to ${who}`}
          confirm="Make a new link? The one before stops working."
        />{" "}
        <ActionButton
          action={`${path}/${id}/revoke`}
          kind="danger"
          size="small"
          label="Revoke"
          describe={`Revoke the invitation of ${who}`}
          confirm="Revoke this invitation? Its link stops working."
        />
      </td>
    </tr>
  );
}

function offerText({ webhookRole, role, teamName }: Invitation): string {
  if (webhookRole !== null) return webhookRole;
  const account = role === "admin" ? "administrator" : "user";
  return teamName === null ? account : `${account}, in the team ${teamName}`;
}

function leadText(sendsMail: boolean): string {
  return sendsMail
    ? "The link goes to the e-mail address. Without one it is shown to you once, to hand on."
    : "The link is shown to you once, to hand on.";
}
