/** The pages of invitations: to the server, for administrators, and to a webhook, for its owners. */
import { Html } from "@elysiajs/html";
import type { WebhookRole } from "../../webhooks/people/roles.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { AdminLayout } from "../admin/admin-layout.tsx";
import { PageHeader } from "../components/card.tsx";
import { Layout } from "../layout.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsWithin } from "../webhooks/crumbs.ts";
import { sharingPath } from "../webhooks/paths.ts";
import { InvitationList, type InvitationListProps } from "./invitation-list.tsx";

type Props = Readonly<{ viewer: Viewer; flash: Flash | null; list: Omit<InvitationListProps, "fields"> }>;

const ACCOUNT_ROLES = [
  { value: "user", label: "User: own webhooks" },
  { value: "admin", label: "Administrator: users and server too" },
];

export function ServerInvitationsPage(
  props: Props & Readonly<{ teamNames: readonly string[] }>,
): JSX.Element {
  const { viewer, flash, list, teamNames } = props;
  const role = { name: "role", label: "Role", kind: "select", options: ACCOUNT_ROLES } as const;
  const teams = [{ value: "", label: "none" }, ...teamNames.map((value) => ({ value, label: value }))];
  const team = { name: "team", label: "Team", kind: "select", options: teams } as const;
  return (
    <AdminLayout title="Invitations" viewer={viewer} flash={flash} current="/admin/users">
      <PageHeader
        title="Invitations"
        lead="People who may create an account on this server."
        manual="sharing#invitations"
      />
      <InvitationList {...list} fields={teamNames.length === 0 ? [role] : [role, team]} />
    </AdminLayout>
  );
}

export function WebhookInvitationsPage(
  props: Props & Readonly<{ webhook: Webhook; roles: readonly WebhookRole[] }>,
): JSX.Element {
  const { viewer, flash, list, webhook, roles } = props;
  const options = roles.map((value) => ({ value, label: value }));
  return (
    <Layout
      title="Invitations"
      tabTitle={`Invitations · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      crumbs={[...crumbsWithin(webhook), { href: sharingPath(webhook.id), label: "Sharing" }]}
    >
      <PageHeader
        title="Invitations"
        lead={`People who may use ${webhook.name} once they accept.`}
        manual="sharing#invitations"
      />
      <InvitationList {...list} fields={[{ name: "role", label: "Role", kind: "select", options }]} />
    </Layout>
  );
}
