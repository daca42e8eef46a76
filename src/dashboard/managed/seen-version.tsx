/** Asks before a form replaces what somebody else saved after it was opened. */
import { Html } from "@elysiajs/html";
import { ConfirmPage } from "../components/confirm-page.tsx";
import type { FormInput } from "../forms.ts";
import type { Crumb } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Viewer } from "../viewer.ts";
import { auditPath } from "../webhooks/paths.ts";

/** Sent with a form: when what it shows was changed last. */
export const SEEN_FIELD = "seen";

type Versioned = Readonly<{ updatedAt: number }>;

export function versionOf({ updatedAt }: Versioned): string {
  return String(updatedAt);
}

/** True if a form with this in its field was opened before the latest change; false for one that does not say. */
export function isOutdated(seen: string | undefined, version: string): boolean {
  return seen !== undefined && seen !== version;
}

/** A field of the form. A form that comes back with its faults is as old as when it was opened. */
export function SeenVersion({ of, typed }: { of: Versioned; typed: FormInput | undefined }): JSX.Element {
  return <input type="hidden" name={SEEN_FIELD} value={attribute(typed?.[SEEN_FIELD] ?? versionOf(of))} />;
}

export function SaveOverChangePage(props: {
  viewer: Viewer;
  crumbs: readonly Crumb[];
  webhookId: string;
  what: string;
  name: string;
  version: string;
  /** Where the form was sent to, and its fields. */
  action: string;
  fields: FormInput;
}): JSX.Element {
  const { viewer, crumbs, webhookId, what, name, version, action, fields } = props;
  return (
    <ConfirmPage
      title={`Save over a newer change of “${name}”?`}
      viewer={viewer}
      section="sources"
      crumbs={crumbs}
      action={action}
      fields={{ ...fields, [SEEN_FIELD]: version }}
      confirmLabel="Save what I typed"
      cancelHref={action}
    >
      <p safe>{`This ${what} has been changed since you opened the form.`}</p>
      <p>
        If you save, all that the form shows is as you have it, and what was changed meanwhile is undone.
        Cancel to see it as it is now. The <a href={attribute(auditPath(webhookId))}>audit log</a> says who
        changed what.
      </p>
    </ConfirmPage>
  );
}
