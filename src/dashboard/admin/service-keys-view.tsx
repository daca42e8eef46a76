/** The page of a service account's API keys. */
import { Html } from "@elysiajs/html";
import type { User } from "../../auth/users.ts";
import { ApiKeysCard, type ShownKey } from "../api-keys/key-views.tsx";
import { PageHeader } from "../components/card.tsx";
import { SecretOnce } from "../components/secret-once.tsx";
import type { FieldErrors, FormInput } from "../forms.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { AdminLayout } from "./admin-layout.tsx";

type Props = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  user: User;
  path: string;
  apiKeys: readonly ShownKey[];
  /** A new token, shown this one time. */
  newToken: string | null;
  errors: FieldErrors;
  typed: FormInput;
}>;

export function serviceKeysView(props: Props): JSX.Element {
  const { viewer, flash, user, newToken } = props;
  return (
    <AdminLayout title={`API keys of ${user.username}`} viewer={viewer} flash={flash} current="/admin/users">
      <PageHeader
        title={user.username}
        lead="A service account: it cannot sign in, only its keys act for it."
      />
      {newToken !== null && <SecretOnce title={`New API key of ${user.username}`} secret={newToken} />}
      <ApiKeysCard
        action={props.path}
        lead="A key allows through the API what this account can do with webhooks, or less."
        apiKeys={props.apiKeys}
        errors={props.errors}
        typed={props.typed}
      />
    </AdminLayout>
  );
}
