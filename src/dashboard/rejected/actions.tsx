/** Actions on one or many rejected requests: re-check and delete. */
import { Html } from "@elysiajs/html";
import { ActionButton } from "../components/button.tsx";
import { rejectedActionPath } from "./paths.ts";

export function RejectedActions(props: {
  webhookId: string;
  /** Selects requests by `id` or `entrypoint`; without either, all of the webhook. */
  fields: Readonly<Record<string, string>>;
  verifyLabel: string;
  deleteLabel: string;
}): JSX.Element {
  const { webhookId, fields, verifyLabel, deleteLabel } = props;
  return (
    <>
      <ActionButton
        kind="primary"
        icon="replay"
        label={verifyLabel}
        action={rejectedActionPath(webhookId, "verify")}
        fields={fields}
      />
      <ActionButton
        kind="quiet"
        icon="trash"
        label={deleteLabel}
        action={rejectedActionPath(webhookId, "delete")}
        fields={fields}
      />
    </>
  );
}
