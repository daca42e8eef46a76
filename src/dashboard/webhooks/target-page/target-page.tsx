/** A target's page: its state, its attempts in a chosen time, its last failures, and what can be done. */
import { Html } from "@elysiajs/html";
import type { ThrottleView } from "../../../delivery/throttle/throttle-control.ts";
import type { TargetFailure } from "../../../storage/event-db/deliveries/target-failures.ts";
import type { TargetOverview } from "../../../storage/event-db/numbers/overview.ts";
import type { RetryingCount } from "../../../storage/event-db/numbers/retrying.ts";
import type { TargetType } from "../../../targets/target-type.ts";
import type { Target } from "../../../webhooks/targets.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Badge } from "../../components/badge.tsx";
import { ActionButton, Button } from "../../components/button.tsx";
import { PageHeader } from "../../components/card.tsx";
import { Notice } from "../../components/flash-line.tsx";
import { Layout } from "../../layout.tsx";
import { ManagedBadge } from "../../managed/managed-views.tsx";
import { isPermitted } from "../../permitted.ts";
import { attribute } from "../../render.ts";
import { failedDeliveriesPath } from "../../replays/paths.ts";
import { sendPath } from "../../send/paths.ts";
import type { Flash, Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { logPath, signingPath, targetPath } from "../paths.ts";
import { Goal } from "../targets/goal.tsx";
import { type Health, targetHealth } from "../targets/health.ts";
import { TargetNotices } from "../targets/target-notices.tsx";
import { TargetNumbers } from "../targets/target-numbers.tsx";
import { TargetSwitch } from "../targets/target-switch.tsx";
import { TargetThrottle } from "../targets/target-throttle.tsx";
import type { Fault } from "../webhook-state.ts";
import { AttemptsCard, type ChosenNumbers } from "./attempts-card.tsx";
import { FailuresCard } from "./failures-card.tsx";

/** Content of the event file that the page shows. */
export type TargetData = Readonly<{
  fault: null;
  overview: TargetOverview | undefined;
  retrying: RetryingCount | undefined;
  throttle: ThrottleView | undefined;
  chosen: ChosenNumbers;
  failures: readonly TargetFailure[];
}>;

type TargetPageProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  webhook: Webhook;
  target: Target;
  /** Undefined for a type that this version does not know. */
  type: TargetType | undefined;
  data: TargetData | Readonly<{ fault: Fault }>;
}>;

export function TargetPage(props: TargetPageProps): JSX.Element {
  const { viewer, flash, webhook, target, data } = props;
  const health =
    data.fault === null
      ? targetHealth(target, data.overview, data.throttle, data.retrying?.count)
      : { tone: "bad" as const, label: "event file unusable" };
  return (
    <Layout
      title={target.name}
      tabTitle={`${target.name} · ${webhook.name}`}
      viewer={viewer}
      section="sources"
      crumbs={crumbsWithin(webhook)}
      flash={flash}
    >
      <PageHeader title={target.name} badge={<Badges health={health} target={target} />}>
        <Actions {...props} />
      </PageHeader>
      <div class="stack">
        <TargetNotices target={target} />
        <State {...props} />
        {data.fault === null ? (
          <Attempts {...props} data={data} />
        ) : (
          <Notice tone="bad" text={data.fault.message} hint={data.fault.hint ?? undefined} />
        )}
      </div>
    </Layout>
  );
}

function Badges({ health, target }: { health: Health; target: Target }): JSX.Element {
  return (
    <>
      <Badge tone={health.tone} label={health.label} />
      <ManagedBadge of={target} />
    </>
  );
}

function Actions({ target, type, data }: TargetPageProps): JSX.Element {
  const { name } = target;
  const path = targetPath(target);
  const failed = data.fault === null ? (data.overview?.counts.failed ?? 0) : 0;
  return (
    <>
      {target.active && (
        <ActionButton
          icon="send"
          label="Send test event"
          describe={`Send test event to target ${name} only`}
          action={`${path}/test`}
        />
      )}
      <TargetSwitch target={target} type={type} onOwnPage />
      {failed > 0 && (
        <Button
          kind="primary"
          icon="replay"
          label="Replay failed…"
          describe={`Replay failed… deliveries to target ${name}`}
          href={failedDeliveriesPath(target)}
        />
      )}
      {type !== undefined && (
        <Button icon="edit" label="Edit" describe={`Edit target ${name}`} href={`${path}/edit`} />
      )}
      <Button icon="trash" label="Delete" describe={`Delete target ${name}`} href={`${path}/delete`} />
    </>
  );
}

function State({ target, type, data }: TargetPageProps): JSX.Element {
  const send = sendPath(target.webhookId, { target: target.id });
  return (
    <section class="card target-state" aria-label="State">
      {data.fault === null && data.throttle !== undefined && (
        <TargetThrottle target={target} throttle={data.throttle} onOwnPage />
      )}
      <p class="target-goal">
        <span class="tag" safe>
          {type?.label ?? target.type}
        </span>
        <Goal target={target} />
      </p>
      {data.fault === null && (
        <TargetNumbers
          target={target}
          overview={data.overview}
          retrying={data.retrying}
          settlesAtIngest={type?.settlesAtIngest === true}
        />
      )}
      <p class="text-s">
        <a href={attribute(logPath(target.webhookId, { target: target.id }))}>All its events</a>
        {target.active && isPermitted("GET", send) && (
          <>
            {" · "}
            <a href={attribute(send)}>Send it an event of your own</a>
          </>
        )}
        {type?.signs === true && isPermitted("GET", signingPath(target)) && (
          <>
            {" · "}
            <a href={attribute(signingPath(target))}>
              {target.signing.scheme === "none" ? "Not signed" : "Signature"}
            </a>
          </>
        )}
      </p>
    </section>
  );
}

function Attempts({ target, type, data }: TargetPageProps & Readonly<{ data: TargetData }>): JSX.Element {
  if (type?.settlesAtIngest === true) {
    return (
      <p class="card muted">
        Nothing is sent: an event is delivered as soon as it is stored, so there are no attempts to count.
      </p>
    );
  }
  return (
    <>
      <AttemptsCard target={target} chosen={data.chosen} />
      <FailuresCard target={target} failures={data.failures} />
    </>
  );
}
