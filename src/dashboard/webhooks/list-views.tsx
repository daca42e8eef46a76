/** The list of a user's webhooks with activity, figures and health. */
import { Html } from "@elysiajs/html";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { PageHeader } from "../components/card.tsx";
import { formatCount } from "../components/format.ts";
import { Icon } from "../components/icon.tsx";
import { TimeOrNever } from "../components/values.tsx";
import { EVENT_TYPES_PATH } from "../event-types/paths.ts";
import { Layout } from "../layout.tsx";
import { Live, LiveBar } from "../live/live-parts.tsx";
import { ManagedBadge } from "../managed/managed-views.tsx";
import type { Flash, Viewer } from "../viewer.ts";
import { Count } from "./count.tsx";
import { RefusedBadge } from "./entrypoints/refused.tsx";
import { FirstSteps } from "./first-steps.tsx";
import { ManyRows, type ManyWebhooks } from "./many-webhooks.tsx";
import { IMPORT_PATH, NEW_PATH, webhookPath } from "./paths.ts";
import { dayTotals, Sparkline } from "./sparkline.tsx";
import type { Unusable, Usable, WebhookState } from "./webhook-state.ts";

export type ListProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  /** States of all webhooks, where they are few. */
  states: readonly WebhookState[];
  /** The page of a long list; null where all have a row of their own. */
  many: ManyWebhooks | null;
  baseUrl: string;
  /** Addresses of the stream and of the page; null where the list is too long to be read again and again. */
  live: Readonly<{ src: string; href: string }> | null;
}>;

export function ListPage({ viewer, flash, states, many, baseUrl, live }: ListProps): JSX.Element {
  const total = many?.total ?? states.length;
  return (
    <Layout title="Webhooks" viewer={viewer} section="sources" flash={flash}>
      <PageHeader title="Webhooks" lead={total === 0 ? undefined : formatCount(total, "webhook")}>
        {live !== null && <LiveBar {...live} />}
        {total !== 0 && (
          <>
            <Button kind="primary" icon="plus" label="New webhook" href={NEW_PATH} />
            <Button icon="upload" label="Import" describe="Import a webhook" href={IMPORT_PATH} />
            <Button kind="quiet" label="Event types" href={EVENT_TYPES_PATH} />
          </>
        )}
      </PageHeader>
      {many !== null ? (
        <ManyRows {...many} />
      ) : total === 0 ? (
        <FirstSteps baseUrl={baseUrl} />
      ) : (
        <Rows states={states} />
      )}
    </Layout>
  );
}

function Rows({ states }: Pick<ListProps, "states">): JSX.Element {
  return (
    <ul class="webhooks card card-flush">
      {states.map((state) => (
        <Live id={state.webhook.id}>
          <Row state={state} />
        </Live>
      ))}
    </ul>
  );
}

function Row({ state }: { state: WebhookState }): JSX.Element {
  const { webhook, entrypoints, targets, health, file } = state;
  return (
    <li class="webhook-row" data-live-part={webhook.id}>
      <div class="webhook-head">
        <p class="webhook-title">
          <a class="webhook-link" href={webhookPath(webhook.id)} safe>
            {webhook.name}
          </a>
          <Badge tone={health.tone} label={health.label} />
          <ManagedBadge of={webhook} />
          <RefusedBadge refused={state.refused} />
          {webhook.eventsLostAt !== null && <Badge tone="bad" label="events lost" />}
        </p>
        <p class="muted" safe>
          {`${formatCount(entrypoints.length, "entrypoint")} · ${formatCount(targets.length, "target")}${sharedWords(webhook)}`}
        </p>
      </div>
      {file.fault === null ? <Numbers file={file} /> : <FaultLine file={file} />}
    </li>
  );
}

function sharedWords({ userId, ownerId, role }: Webhook): string {
  return ownerId === userId ? "" : ` · shared with you as ${role}`;
}

function FaultLine({ file }: { file: Unusable }): JSX.Element {
  return (
    <div class="webhook-fault">
      <Icon name="alert" />
      <p>
        <span safe>{file.fault.message}</span>{" "}
        <span class="muted" safe>
          {file.fault.hint ?? ""}
        </span>
      </p>
    </div>
  );
}

function Numbers({ file }: { file: Usable }): JSX.Element {
  const { hours, lastEventAt, counts } = file.overview;
  const { received, failed } = dayTotals(hours);
  return (
    <>
      <div class="webhook-day">
        <Sparkline hours={hours} />
        <p class="muted" aria-hidden="true">
          <span safe>{`${received.toLocaleString("en")} received`}</span>
          {failed > 0 && (
            <span class="text-bad" safe>
              {` · ${formatCount(failed, "failed attempt")}`}
            </span>
          )}
        </p>
      </div>
      <dl class="stats webhook-stats">
        <div>
          <dt>Last event</dt>
          <dd>
            <TimeOrNever at={lastEventAt} relative />
          </dd>
        </div>
        <div>
          <dt>Pending</dt>
          <dd>
            <Count n={counts.pending + counts.held} />
          </dd>
        </div>
        <div>
          <dt>Failed</dt>
          <dd>
            <Count n={counts.failed} bad />
          </dd>
        </div>
      </dl>
    </>
  );
}
