/** The frame of the event log, and the log of a webhook whose event file cannot be used. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { PageHeader } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Layout } from "../layout.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsWithin } from "../webhooks/crumbs.ts";
import type { Fault } from "../webhooks/webhook-state.ts";

/** The log of a webhook whose event file cannot be used. */
export function UnusableLogPage(
  props: Readonly<{ viewer: Viewer; flash: Flash | null; webhook: Webhook; fault: Fault }>,
): JSX.Element {
  const { fault } = props;
  return (
    <LogFrame {...props}>
      <Notice tone="bad" text={fault.message} hint={fault.hint ?? undefined} />
      <p class="muted">
        The webhook’s settings and all other webhooks are not affected. This file was not changed.
      </p>
    </LogFrame>
  );
}

export function LogFrame(
  props: PropsWithChildren<{
    viewer: Viewer;
    flash: Flash | null;
    webhook: Webhook;
    actions?: JSX.Element;
  }>,
): JSX.Element {
  const { viewer, flash, webhook, actions: safeActions = "", children } = props;
  return (
    <Layout
      title="Events"
      tabTitle={`Events · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={crumbsWithin(webhook)}
    >
      <PageHeader title="Events" manual="event-log">
        {safeActions}
      </PageHeader>
      {children}
    </Layout>
  );
}
