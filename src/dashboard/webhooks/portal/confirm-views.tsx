/** Asks before links to a webhook's portal, and their sessions, end. */
import { Html } from "@elysiajs/html";
import type { PortalLink } from "../../../webhooks/portal/portals.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { ConfirmPage } from "../../components/confirm-page.tsx";
import { Time } from "../../components/values.tsx";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { portalLinksPath, webhookPortalPath } from "../paths.ts";

type Asked = Readonly<{ viewer: Viewer; webhook: Webhook }>;

export function RevokeLinkPage({ viewer, webhook, link }: Asked & Readonly<{ link: PortalLink }>) {
  const back = webhookPortalPath(webhook.id);
  return (
    <ConfirmPage
      title="Revoke this portal link?"
      viewer={viewer}
      section="sources"
      crumbs={[...crumbsWithin(webhook), { href: back, label: "Portal" }]}
      action={`${portalLinksPath(webhook.id)}/${link.id}/revoke`}
      confirmLabel="Revoke link"
      cancelHref={back}
    >
      <p>
        <span safe>{link.username ?? "A deleted user"}</span> made it at <Time at={link.createdAt} />. Whoever
        opened it can do nothing more in the portal. Targets stay as they are.
      </p>
    </ConfirmPage>
  );
}

export function RevokeAllLinksPage({ viewer, webhook }: Asked): JSX.Element {
  const back = webhookPortalPath(webhook.id);
  return (
    <ConfirmPage
      title={`Revoke all portal links of ${webhook.name}?`}
      viewer={viewer}
      section="sources"
      crumbs={[...crumbsWithin(webhook), { href: back, label: "Portal" }]}
      action={`${portalLinksPath(webhook.id)}/revoke`}
      confirmLabel="Revoke all links"
      cancelHref={back}
    >
      <p>Whoever opened one can do nothing more in the portal. Targets stay as they are.</p>
    </ConfirmPage>
  );
}
