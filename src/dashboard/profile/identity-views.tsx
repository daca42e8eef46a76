/** The page of a user's linked accounts at the OpenID Connect provider. */
import { Html } from "@elysiajs/html";
import type { Identity } from "../../auth/oidc/identities.ts";
import { ActionButton, Button } from "../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../components/card.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import { Time, TimeOrNever } from "../components/values.tsx";
import { Layout } from "../layout.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { IDENTITIES_PATH } from "./identities-path.ts";

const CRUMBS = [{ href: "/profile", label: "Profile" }];
const OWN_CRUMBS = [...CRUMBS, { href: IDENTITIES_PATH, label: "Single sign-on" }];

export function identitiesView(props: {
  viewer: Viewer;
  flash: Flash | null;
  /** Null: no provider is set up. */
  provider: string | null;
  identities: readonly Identity[];
}): JSX.Element {
  const { viewer, flash, provider, identities } = props;
  return (
    <Layout title="Single sign-on" viewer={viewer} section="profile" flash={flash} crumbs={CRUMBS}>
      <PageHeader
        title="Single sign-on"
        lead={
          provider === null
            ? "No OpenID Connect provider is set up on this server."
            : `Accounts at ${provider} that sign you in.`
        }
        manual="sign-in#single-sign-on"
      >
        {provider !== null && (
          <ActionButton action={IDENTITIES_PATH} kind="primary" label="Link an account" />
        )}
      </PageHeader>
      <Card flush>
        {identities.length === 0 ? (
          <EmptyState icon="key" title="No accounts yet" />
        ) : (
          <DataTable
            caption="Linked accounts"
            stack
            columns={["Account", "Issuer", "Linked", "Last used", { label: "Actions", hidden: true }]}
          >
            {identities.map((identity) => (
              <IdentityRow identity={identity} />
            ))}
          </DataTable>
        )}
      </Card>
    </Layout>
  );
}

function IdentityRow({ identity }: { identity: Identity }): JSX.Element {
  const { id, name, issuer, createdAt, lastUsedAt } = identity;
  return (
    <tr>
      <td safe>{name}</td>
      <td data-label="Issuer" safe>
        {issuer}
      </td>
      <td class="nowrap" data-label="Linked">
        <Time at={createdAt} relative />
      </td>
      <td class="nowrap" data-label="Last used">
        <TimeOrNever at={lastUsedAt} relative />
      </td>
      <td class="cell-actions">
        <ActionButton
          action={`${IDENTITIES_PATH}/${id}/remove`}
          kind="danger"
          size="small"
          label="Unlink"
          describe={`Unlink account ${name}`}
          confirm={`Unlink the account ${name}? It signs you in no more.`}
        />
      </td>
    </tr>
  );
}

export function leaveToLinkView(props: { viewer: Viewer; provider: string; url: string }): JSX.Element {
  const { viewer, provider, url } = props;
  const title = `Link an account at ${provider}`;
  return (
    <Layout title={title} viewer={viewer} section="profile" crumbs={OWN_CRUMBS}>
      <section class="card card-narrow">
        <h1 safe>{title}</h1>
        <div class="prose">
          <p>
            <span safe>{provider}</span> asks you to sign in there. That account then signs you in here as{" "}
            <strong safe>{viewer.username}</strong>.
          </p>
        </div>
        <div class="form-actions">
          <Button kind="primary" label={`Continue to ${provider}`} href={url} leaves />
          <Button href={IDENTITIES_PATH} label="Cancel" />
        </div>
      </section>
    </Layout>
  );
}

export function unlinkView({ viewer, identity }: { viewer: Viewer; identity: Identity }): JSX.Element {
  return (
    <ConfirmPage
      title={`Unlink the account ${identity.name}?`}
      viewer={viewer}
      section="profile"
      crumbs={OWN_CRUMBS}
      action={`${IDENTITIES_PATH}/${identity.id}/remove`}
      confirmLabel="Unlink account"
      cancelHref={IDENTITIES_PATH}
    >
      <p>It signs you in no more, and you are signed out everywhere else.</p>
    </ConfirmPage>
  );
}
