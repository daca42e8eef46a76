/** Asks before an API key is revoked. */
import { Html } from "@elysiajs/html";
import type { APIKey } from "../../auth/api-keys.ts";
import { ConfirmPage } from "../components/confirm-page.tsx";
import type { Crumb, Section } from "../layout.tsx";
import type { Viewer } from "../viewer.ts";

type Props = Readonly<{
  viewer: Viewer;
  apiKey: APIKey;
  /** The page with the user's keys. */
  back: Crumb & Readonly<{ href: string }>;
  /** Path of the keys, which the key's id is added to. */
  path: string;
  section: Section;
}>;

export function revokeKeyView({ viewer, apiKey, back, path, section }: Props): JSX.Element {
  return (
    <ConfirmPage
      title={`Revoke the API key ${apiKey.name}?`}
      viewer={viewer}
      section={section}
      crumbs={[back]}
      action={`${path}/${apiKey.id}/revoke`}
      confirmLabel="Revoke key"
      cancelHref={back.href}
    >
      <p>Programs that use it are refused immediately. This cannot be undone; a new key can be created.</p>
    </ConfirmPage>
  );
}
