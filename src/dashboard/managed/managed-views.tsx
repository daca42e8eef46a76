/** Marks what a file of configuration manages, and asks before it is changed by hand. */
import { Html } from "@elysiajs/html";
import { Badge } from "../components/badge.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import { Notice } from "../components/flash-line.tsx";
import { ManualLink } from "../components/manual-link.tsx";
import type { Crumb } from "../layout.tsx";
import type { Viewer } from "../viewer.ts";

/** `key`: null if the file has no more than one such object. */
type Managed = Readonly<{ managedBy: "file" | null; key: string | null }>;

/** Sent with a form whose reader wants to change by hand what a file manages. */
export const BY_HAND_FIELD = "by_hand";

export function ManagedBadge({ of: { managedBy, key } }: Readonly<{ of: Managed }>): JSX.Element {
  if (managedBy === null) return "";
  return <Badge tone="info" label="file" title={`Managed by a file${asKey(key)}`} />;
}

/** On pages that edit it. */
export function ManagedNote(props: { of: Managed; what: string }): JSX.Element {
  const { managedBy, key } = props.of;
  if (managedBy === null) return "";
  return (
    <Notice
      tone="info"
      text={`A file manages this ${props.what}${asKey(key)}.`}
      hint="The next webhooker apply undoes changes that you make here. Make them in the file to keep them."
    />
  );
}

function asKey(key: string | null): string {
  return key === null ? "" : `, as ${key}`;
}

export function ChangeByHandPage(props: {
  viewer: Viewer;
  /** The last is where the reader goes back to. */
  crumbs: readonly Crumb[];
  what: string;
  name: string;
  /** Where the form was sent to, and its fields. */
  action: string;
  fields: Readonly<Record<string, string>>;
}): JSX.Element {
  const { viewer, crumbs, what, name, action, fields } = props;
  return (
    <ConfirmPage
      title={`Change “${name}” by hand?`}
      viewer={viewer}
      section="sources"
      crumbs={crumbs}
      action={action}
      fields={{ ...fields, [BY_HAND_FIELD]: "yes" }}
      confirmLabel="Change it by hand"
      cancelHref={crumbs.at(-1)?.href ?? "/"}
    >
      <p safe>{`A file of configuration manages this ${what}.`}</p>
      <p>
        The next <code>webhooker apply</code> brings back what the file says. To keep the change, make it in
        the file instead.
      </p>
      <ManualLink to="config-as-code" />
    </ConfirmPage>
  );
}
