/** The page of what an attempt sent: the transformation is run again, and gives what it gave then. */
import { Html } from "@elysiajs/html";
import { describeFault } from "../../../targets/transformations/transformer.ts";
import type { SentRequest } from "../../../webhooks/sent-request.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Card, PageHeader } from "../../components/card.tsx";
import { Notice } from "../../components/flash-line.tsx";
import { Layout } from "../../layout.tsx";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../../webhooks/crumbs.ts";
import { RequestDiff } from "./request-diff.tsx";

export function SentPage(props: {
  viewer: Viewer;
  webhook: Webhook;
  sent: SentRequest;
  targetName: string;
}): JSX.Element {
  const { viewer, webhook, sent, targetName } = props;
  const { attempt, version, code, run } = sent;
  return (
    <Layout title="What was sent" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <PageHeader
        title={`What attempt ${attempt} sent to ${targetName}`}
        lead={`Computed again by version ${version} of the transformation in ${shownTime(run.micros)}.`}
      />
      <Card title="Request">
        <Result sent={sent} />
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
    </Layout>
  );
}

function Result({ sent: { event, run } }: { sent: SentRequest }): JSX.Element {
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
