/** The list of rejected requests, and the page that confirms their deletion. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { RejectedPage as Found, RejectedSummary } from "../../storage/event-db/rejected.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { DataTable, EmptyState, PageHeader, Pagination } from "../components/card.tsx";
import { ConfirmPage } from "../components/confirm-page.tsx";
import { Notice } from "../components/flash-line.tsx";
import { formatCount } from "../components/format.ts";
import { Bytes, Time } from "../components/values.tsx";
import { NameOf, RequestLine } from "../events/event-row.tsx";
import type { Named, Names } from "../events/names.ts";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsInLog } from "../webhooks/crumbs.ts";
import type { Fault } from "../webhooks/webhook-state.ts";
import { RejectedActions } from "./actions.tsx";
import { rejectedActionPath, rejectedPath, rejectedRequestPath } from "./paths.ts";

type FrameProps = Readonly<{ viewer: Viewer; flash: Flash | null; webhook: Webhook }>;

export type RejectedPageProps = FrameProps &
  Readonly<{
    names: Names;
    /** Shows only this entrypoint's requests; null for all. */
    entrypointId: string | null;
    found: Found;
    isFirstPage: boolean;
  }>;

/** Maximum length of a shown path or query. */
const SHOWN_CHARS = 200;

const COLUMNS = ["Received", "Request", "Entrypoint", "Reason", { label: "Size", align: "end" }] as const;

export function RejectedPage(props: RejectedPageProps): JSX.Element {
  const { webhook, names, entrypointId, found, isFirstPage } = props;
  const path = rejectedPath(webhook.id, entrypointId);
  const older = found.nextCursor === null ? null : olderHref(path, found.nextCursor);
  return (
    <Frame {...props}>
      <PageHeader title="Rejected requests" lead={leadOf(names, entrypointId)} manual="rejected">
        {found.requests.length !== 0 && (
          <RejectedActions
            webhookId={webhook.id}
            fields={entrypointId === null ? {} : { entrypoint: entrypointId }}
            verifyLabel="Re-check all"
            deleteLabel="Delete all…"
          />
        )}
      </PageHeader>
      {found.requests.length === 0 ? (
        <EmptyState
          title="No rejected requests"
          text="Requests that fail an entrypoint's verification are kept here for a while, with the reason."
        />
      ) : (
        <div class="card card-flush">
          <DataTable caption={`Rejected requests of ${webhook.name}`} columns={COLUMNS} stack>
            {found.requests.map((request) => (
              <Row
                webhookId={webhook.id}
                request={request}
                entrypoint={names.entrypoint(request.entrypointId)}
              />
            ))}
          </DataTable>
        </div>
      )}
      <Pagination olderHref={older} newestHref={isFirstPage ? null : path} />
    </Frame>
  );
}

export function UnusableRejectedPage(props: FrameProps & Readonly<{ fault: Fault }>): JSX.Element {
  const { fault } = props;
  return (
    <Frame {...props}>
      <PageHeader title="Rejected requests" />
      <Notice tone="bad" text={fault.message} hint={fault.hint ?? undefined} />
    </Frame>
  );
}

export function DeleteRejectedPage(props: {
  viewer: Viewer;
  webhook: Webhook;
  names: Names;
  ids: readonly string[] | null;
  entrypointId: string | null;
  count: number;
}): JSX.Element {
  const { viewer, webhook, names, ids, entrypointId, count } = props;
  const [id] = ids ?? [];
  const which = id !== undefined ? "this rejected request" : formatCount(count, "rejected request");
  return (
    <ConfirmPage
      title={`Delete ${which}?`}
      viewer={viewer}
      section="sources"
      crumbs={crumbsInLog(webhook)}
      action={rejectedActionPath(webhook.id, "delete")}
      fields={{ ...(id !== undefined && { id }), ...(entrypointId !== null && { entrypoint: entrypointId }) }}
      confirmLabel="Delete"
      cancelHref={rejectedPath(webhook.id, entrypointId)}
    >
      {entrypointId !== null && <p safe>{`Entrypoint: ${names.entrypoint(entrypointId).name}.`}</p>}
      <p>They can no longer be re-checked then. Events are not affected.</p>
    </ConfirmPage>
  );
}

function Frame(props: PropsWithChildren<FrameProps>): JSX.Element {
  const { viewer, flash, webhook, children } = props;
  return (
    <Layout
      title="Rejected requests"
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={crumbsInLog(webhook)}
    >
      {children}
    </Layout>
  );
}

function Row(props: { webhookId: string; request: RejectedSummary; entrypoint: Named }): JSX.Element {
  const { webhookId, request, entrypoint } = props;
  return (
    <tr>
      <td data-label="Received">
        <Time at={request.receivedAt} />
      </td>
      <td data-label="Request">
        <a href={attribute(rejectedRequestPath(webhookId, request.id))}>
          <RequestLine
            method={request.method}
            pathTail={request.pathTail.slice(0, SHOWN_CHARS)}
            query={request.query.slice(0, SHOWN_CHARS)}
          />
        </a>
      </td>
      <td data-label="Entrypoint">
        <NameOf named={entrypoint} />
      </td>
      <td data-label="Reason" safe>
        {request.reason}
      </td>
      <td data-label="Size" class="cell-end">
        <Bytes n={request.bodySize} />
      </td>
    </tr>
  );
}

function leadOf(names: Names, entrypointId: string | null): string {
  const of = entrypointId === null ? "" : ` to ${names.entrypoint(entrypointId).name}`;
  return `Requests${of} that failed verification: the last 1,000 of each entrypoint, up to 16 MiB. Fix the secret, then re-check them.`;
}

function olderHref(path: string, cursor: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}cursor=${cursor}`;
}
