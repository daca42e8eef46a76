/** The page of what an attempt sent: computed again, it gives what it gave then. */
import { Html } from "@elysiajs/html";
import type { TargetRequest } from "../../../targets/target-type.ts";
import { describeFault } from "../../../targets/transformations/transformer.ts";
import type { SentRequest } from "../../../webhooks/sent-request.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Card, PageHeader } from "../../components/card.tsx";
import { Notice } from "../../components/flash-line.tsx";
import { Time } from "../../components/values.tsx";
import { Layout } from "../../layout.tsx";
import { attribute } from "../../render.ts";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../../webhooks/crumbs.ts";
import { targetPath } from "../../webhooks/paths.ts";
import type { BodyPicture } from "../body/body-picture.ts";
import { BodyView } from "../body/body-view.tsx";
import { HeaderTable } from "../body/header-table.tsx";
import { CopyMenu } from "../copy/copy-menu.tsx";
import type { Named } from "../names.ts";
import { eventPath } from "../paths.ts";
import { RequestDiff } from "../transformations/request-diff.tsx";

type SentProps = Readonly<{
  viewer: Viewer;
  webhook: Webhook;
  sent: SentRequest;
  target: Named;
  /** Preview of the request's body; null where there is no request. */
  picture: BodyPicture | null;
  /** The path of the request as code. */
  copyHref: (as: string) => string;
  /** Says how the picture differs from what was sent; null if it does not. */
  bodyNote: string | null;
}>;

export function SentPage(props: SentProps): JSX.Element {
  const { viewer, webhook, sent, target } = props;
  const { attempt, startedAt, transformation, event } = sent;
  return (
    <Layout title="Sent request" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <PageHeader title={`Request of attempt ${attempt} to ${target.name}`} />
      <div class="stack">
        <p class="muted">
          <Time at={startedAt} /> · <a href={attribute(eventPath(webhook.id, event.id))}>Event</a>
          {!target.isDeleted && (
            <>
              {" · "}
              <a href={attribute(targetPath({ webhookId: webhook.id, id: sent.targetId }))}>Target</a>
            </>
          )}
        </p>
        <Request {...props} />
        {transformation === null ? "" : <Transformation event={event} transformation={transformation} />}
      </div>
    </Layout>
  );
}

function Request({ sent, picture, bodyNote, copyHref }: SentProps): JSX.Element {
  const { request, isTargetChanged, transformation } = sent;
  if (request === null || picture === null) {
    if (transformation && transformation.run.kind !== "request") return "";
    return (
      <Notice
        tone="info"
        text="The request cannot be shown."
        hint="Its target sends none or was deleted, or the target's settings cannot be read."
      />
    );
  }
  return (
    <Card
      title="Request"
      actions={
        <div class="page-actions">
          <CopyMenu hrefOf={copyHref} />
        </div>
      }
      lead="Made again from the stored event and the target's settings. Secrets of the target show as [secret]."
    >
      {isTargetChanged && (
        <Notice
          tone="info"
          text="The target was changed after this attempt, so the attempt may have sent something else."
        />
      )}
      <div class="target-state">
        <RequestHead request={request} />
        <BodyView picture={picture} label="Body of the request" />
      </div>
      <p class="muted text-s">
        {bodyNote !== null && <span safe>{`${bodyNote} `}</span>}
        {picture.kind !== "empty" && picture.isCut && "Only the beginning of the body is shown."}
      </p>
    </Card>
  );
}

function RequestHead({ request: { method, url, headers } }: { request: TargetRequest }): JSX.Element {
  return (
    <>
      <p>
        <code class="break">
          <strong safe>{method}</strong> <bdi safe>{url}</bdi>
        </code>
      </p>
      <HeaderTable headers={headers} caption="Headers of the request" />
    </>
  );
}

function Transformation(props: {
  event: SentRequest["event"];
  transformation: NonNullable<SentRequest["transformation"]>;
}): JSX.Element {
  const { event, transformation } = props;
  const { version, code, run } = transformation;
  return (
    <>
      <Card
        title="Transformation"
        lead={`Computed again by version ${version} of the code in ${shownTime(run.micros)}.`}
      >
        <Result event={event} run={run} />
      </Card>
      {run.lines.length === 0 ? (
        ""
      ) : (
        <Card title="Console">
          <pre class="code" tabindex="0" safe>
            {run.lines.join("\n")}
          </pre>
        </Card>
      )}
      <Card title={`Code, version ${version}`}>
        <pre class="code" tabindex="0" safe>
          {code}
        </pre>
      </Card>
    </>
  );
}

function Result(props: {
  event: SentRequest["event"];
  run: NonNullable<SentRequest["transformation"]>["run"];
}): JSX.Element {
  const { event, run } = props;
  switch (run.kind) {
    case "request":
      return <RequestDiff before={event} after={run.event} />;
    case "dropped":
      return <p>Nothing: the transformation dropped the delivery.</p>;
    case "failed":
      return <Notice tone="bad" text={describeFault(run.fault)} hint="Nothing was sent." />;
    case "unavailable":
      return <Notice tone="bad" text={`It cannot be computed now: ${run.error}.`} />;
  }
}

function shownTime(micros: number): string {
  return micros < 1_000 ? `${micros} µs` : `${(micros / 1_000).toFixed(1)} ms`;
}
