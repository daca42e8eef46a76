/** The page of one rejected request: the reason and the whole request. */
import { Html } from "@elysiajs/html";
import type { RejectedRequest } from "../../storage/event-db/rejected.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Card } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Icon } from "../components/icon.tsx";
import { Bytes, Time } from "../components/values.tsx";
import type { BodyPicture } from "../events/body/body-picture.ts";
import { BodyView, bodyKind } from "../events/body/body-view.tsx";
import { HeaderTable } from "../events/body/header-table.tsx";
import { NameOf, RequestLine } from "../events/event-row.tsx";
import type { Named } from "../events/names.ts";
import { Layout } from "../layout.tsx";
import { isPermitted } from "../permitted.ts";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsInLog } from "../webhooks/crumbs.ts";
import { verificationPath } from "../webhooks/paths.ts";
import { RejectedActions } from "./actions.tsx";
import { rejectedPath, rejectedRequestPath } from "./paths.ts";

export type RejectedRequestPageProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  request: RejectedRequest;
  entrypoint: Named;
  picture: BodyPicture;
  /** Says how the picture differs from what was sent; null if it does not. */
  bodyNote: string | null;
}>;

export function RejectedRequestPage(props: RejectedRequestPageProps): JSX.Element {
  const { viewer, flash, webhook, request, picture, bodyNote } = props;
  const crumbs = [...crumbsInLog(webhook), { href: rejectedPath(webhook.id), label: "Rejected" }];
  return (
    <Layout title="Rejected request" viewer={viewer} section="sources" flash={flash} wide crumbs={crumbs}>
      <Header {...props} />
      <div class="stack">
        <Notice
          tone="bad"
          text={request.reason}
          hint="Fix the verification of its entrypoint, then re-check it."
        />
        <Facts {...props} />
        <Card
          title="Body"
          lead={bodyKind(picture)}
          actions={
            picture.kind === "empty" ? (
              ""
            ) : (
              <a
                class="button button-plain button-small"
                href={rejectedRequestPath(webhook.id, request.id, "body")}
                hx-boost="false"
              >
                <Icon name="download" />
                <span>Download</span>
              </a>
            )
          }
        >
          <BodyView picture={picture} label="Body" />
          {bodyNote !== null && (
            <p class="body-notes muted text-s" safe>
              {bodyNote}
            </p>
          )}
        </Card>
        <Card title="Headers">
          <HeaderTable headers={request.headers} caption="Request headers" />
        </Card>
      </div>
    </Layout>
  );
}

function Header({ webhook, request }: RejectedRequestPageProps): JSX.Element {
  return (
    <div class="page-header">
      <div class="event-title">
        <h1>
          <RequestLine method={request.method} pathTail={request.pathTail} query={request.query} />
        </h1>
        <p class="muted">
          rejected <Time at={request.receivedAt} />
        </p>
      </div>
      <div class="page-actions">
        <RejectedActions
          webhookId={webhook.id}
          fields={{ id: request.id }}
          verifyLabel="Re-check"
          deleteLabel="Delete…"
        />
      </div>
    </div>
  );
}

function Facts({ webhook, request, entrypoint }: RejectedRequestPageProps): JSX.Element {
  const at = { webhookId: webhook.id, id: request.entrypointId };
  return (
    <Card>
      <dl class="facts">
        <dt>Entrypoint</dt>
        <dd>
          <NameOf named={entrypoint} />
          {!entrypoint.isDeleted && isPermitted("GET", verificationPath(at)) && (
            <>
              {" · "}
              <a href={attribute(verificationPath(at))}>Verification</a>
            </>
          )}
        </dd>
        <dt>Sender</dt>
        <dd>
          <code safe>{request.remoteAddress === "" ? "unknown" : request.remoteAddress}</code>
        </dd>
        <dt>Content type</dt>
        <dd>
          <bdi safe>{request.contentType === "" ? "none" : request.contentType}</bdi>
        </dd>
        <dt>Size</dt>
        <dd>
          <Bytes n={request.bodySize} />
        </dd>
      </dl>
    </Card>
  );
}
