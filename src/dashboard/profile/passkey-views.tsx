/** The page of a user's passkeys, and the confirmation that removes one. */
import { Html } from "@elysiajs/html";
import type { DeviceQuestion, Passkey } from "../../auth/passkeys/passkeys.ts";
import { ActionButton } from "../components/button.tsx";
import { Card, DataTable, EmptyState, PageHeader } from "../components/card.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import { TextField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { PasskeyForm } from "../components/passkey-form.tsx";
import { Time, TimeOrNever } from "../components/values.tsx";
import { Layout } from "../layout.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { PASSKEYS_PATH } from "./passkeys-path.ts";

const CRUMBS = [{ href: "/profile", label: "Profile" }];

export function passkeysView(props: {
  viewer: Viewer;
  flash: Flash | null;
  passkeys: readonly Passkey[];
  /** Null where browsers have no passkeys for this address. */
  question: DeviceQuestion | null;
  name: string;
  fault: string | null;
}): JSX.Element {
  const { viewer, flash, passkeys, question, name, fault } = props;
  return (
    <Layout title="Passkeys" viewer={viewer} section="profile" flash={flash} crumbs={CRUMBS}>
      <PageHeader
        title="Passkeys"
        lead="A passkey signs you in with your device's fingerprint, face or PIN, without password and code."
        manual="sign-in#passkeys"
      />
      <div class="stack">
        <Card flush>
          {passkeys.length === 0 ? (
            <EmptyState icon="key" title="No passkeys yet" />
          ) : (
            <DataTable
              caption="Passkeys"
              stack
              columns={["Name", "Added", "Last used", { label: "Actions", hidden: true }]}
            >
              {passkeys.map((passkey) => (
                <PasskeyRow passkey={passkey} />
              ))}
            </DataTable>
          )}
        </Card>
        {question === null ? (
          <Notice
            tone="info"
            text="Passkeys need a BASE_URL with https:// and a host name."
            hint="Browsers have none for other addresses. Ask an administrator of this server."
          />
        ) : (
          <Card title="Add a passkey" lead="Your browser asks for the device. This needs scripts.">
            <PasskeyForm does="create" question={question} action={PASSKEYS_PATH} label="Add passkey">
              <TextField
                name="name"
                label="Name"
                help="The device or the password manager that keeps it."
                placeholder="Laptop"
                value={name}
                maxlength={100}
                error={fault ?? undefined}
                required
              />
            </PasskeyForm>
          </Card>
        )}
      </div>
    </Layout>
  );
}

function PasskeyRow({ passkey }: { passkey: Passkey }): JSX.Element {
  const { id, name, createdAt, lastUsedAt } = passkey;
  return (
    <tr>
      <td safe>{name}</td>
      <td class="nowrap" data-label="Added">
        <Time at={createdAt} relative />
      </td>
      <td class="nowrap" data-label="Last used">
        <TimeOrNever at={lastUsedAt} relative />
      </td>
      <td class="cell-actions">
        <ActionButton
          action={`${PASSKEYS_PATH}/${id}/remove`}
          kind="danger"
          size="small"
          label="Remove"
          describe={`Remove passkey ${name}`}
          confirm={`Remove the passkey ${name}? It signs you in no more.`}
        />
      </td>
    </tr>
  );
}

export function removePasskeyView({ viewer, passkey }: { viewer: Viewer; passkey: Passkey }): JSX.Element {
  return (
    <ConfirmPage
      title={`Remove the passkey ${passkey.name}?`}
      viewer={viewer}
      section="profile"
      crumbs={[...CRUMBS, { href: PASSKEYS_PATH, label: "Passkeys" }]}
      action={`${PASSKEYS_PATH}/${passkey.id}/remove`}
      confirmLabel="Remove passkey"
      cancelHref={PASSKEYS_PATH}
    >
      <p>It signs you in no more. Remove it from your device too.</p>
    </ConfirmPage>
  );
}
