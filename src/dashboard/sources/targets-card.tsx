/** Targets on their webhook's page. */
import { Html } from "@elysiajs/html";
import type { TargetOverview } from "../../storage/event-db/overview.ts";
import type { DeliveryStatus } from "../../storage/event-db/types.ts";
import type { TargetType } from "../../targets/target-type.ts";
import type { Target } from "../../webhooks/targets.ts";
import { Badge } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { Card } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Time } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { catchUpPath } from "../replays/paths.ts";
import { Count } from "./count.tsx";
import { Goal } from "./goal.tsx";
import { targetHealth } from "./health.ts";
import { logPath, targetPath, webhookPath } from "./paths.ts";
import type { WebhookState } from "./webhook-state.ts";

type CardProps = Readonly<{ state: WebhookState; types: readonly TargetType[] }>;

export function TargetsCard({ state, types }: CardProps): JSX.Element {
  const { targets, file, webhook } = state;
  const newPath = `${webhookPath(webhook.id)}/targets/new`;
  const isEmpty = targets.length === 0;
  const add = isEmpty ? undefined : <Button size="small" icon="plus" label="Add target" href={newPath} />;
  return (
    <Card
      title="Targets"
      lead="Each gets every event."
      id="targets"
      {...(add !== undefined && { actions: add })}
      flush
    >
      {isEmpty ? <TypeChoice types={types} newPath={newPath} /> : ""}
      <ul class="parts">
        {targets.map((target) => (
          <Row
            target={target}
            type={types.find(({ type }) => type === target.type)}
            overview={file.fault === null ? file.targetOverviews.get(target.id) : undefined}
            isKnown={file.fault === null}
            hasEvents={file.fault === null && file.overview.lastEventAt !== null}
          />
        ))}
      </ul>
    </Card>
  );
}

/** Where there is no target yet, adding one begins with where to. */
function TypeChoice({ types, newPath }: { types: readonly TargetType[]; newPath: string }): JSX.Element {
  return (
    <div class="type-choice">
      <p class="muted">
        No target yet: events are stored and can be delivered later by a replay. Where should they go?
      </p>
      <ul class="types">
        {types.map(({ type, label, description }) => (
          <li>
            <a class="type" href={attribute(`${newPath}?type=${encodeURIComponent(type)}`)}>
              <strong safe>{label}</strong>
              <span class="muted" safe>
                {description}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Row(props: {
  target: Target;
  type: TargetType | undefined;
  overview: TargetOverview | undefined;
  isKnown: boolean;
  /** The webhook has received some. */
  hasEvents: boolean;
}): JSX.Element {
  const { target, type, overview, isKnown, hasEvents } = props;
  const health = targetHealth(target, overview);
  return (
    <li class="part">
      <div class="part-head">
        <div class="part-title">
          <h3 safe>{target.name}</h3>
          {isKnown || !target.active ? <Badge tone={health.tone} label={health.label} /> : ""}
        </div>
        <Actions target={target} canEdit={type !== undefined} />
      </div>
      {target.deactivatedReason === null ? (
        ""
      ) : (
        <Notice
          tone="bad"
          text={target.deactivatedReason}
          hint="Its deliveries wait, and it gets no new events. Resume it when it is there again; a replay then brings it what it missed."
        />
      )}
      <div class="part-body">
        <p class="target-goal">
          <span class="tag" safe>
            {type?.label ?? target.type}
          </span>
          <Goal target={target} />
        </p>
        {isKnown ? (
          <Numbers target={target} overview={overview} settlesAtIngest={type?.settlesAtIngest === true} />
        ) : (
          ""
        )}
        {hasEvents && overview === undefined ? (
          <p class="muted part-note">
            It had no event yet. <a href={attribute(catchUpPath(target))}>Deliver stored events to it…</a>
          </p>
        ) : (
          ""
        )}
      </div>
    </li>
  );
}

function Numbers(props: {
  target: Target;
  overview: TargetOverview | undefined;
  settlesAtIngest: boolean;
}): JSX.Element {
  const { target, overview, settlesAtIngest } = props;
  const log = (status: DeliveryStatus) => logPath(target.webhookId, { target: target.id, status });
  const { counts, lastResult } = overview ?? { counts: null, lastResult: null };
  return (
    <dl class="stats part-stats">
      <div>
        <dt>Delivered</dt>
        <dd>
          <Count n={counts?.delivered ?? 0} />
        </dd>
      </div>
      <div>
        <dt>Pending</dt>
        <dd>
          <Count
            n={(counts?.pending ?? 0) + (counts?.held ?? 0)}
            href={log(counts?.pending ? "pending" : "held")}
          />
        </dd>
      </div>
      <div>
        <dt>Failed</dt>
        <dd>
          <Count n={counts?.failed ?? 0} bad href={log("failed")} />
        </dd>
      </div>
      {counts?.discarded ? (
        <div>
          <dt>Discarded</dt>
          <dd>
            <Count n={counts.discarded} href={log("discarded")} />
          </dd>
        </div>
      ) : (
        ""
      )}
      <div class="stat-wide">
        <dt>Last try</dt>
        <dd>
          {lastResult !== null ? (
            <LastTry result={lastResult} />
          ) : (
            <span class="muted">{settlesAtIngest ? "with each event" : "none yet"}</span>
          )}
        </dd>
      </div>
    </dl>
  );
}

function LastTry({ result }: { result: NonNullable<TargetOverview["lastResult"]> }): JSX.Element {
  const { at, delivered, statusCode, error } = result;
  const text = delivered ? (statusCode === null ? "done" : String(statusCode)) : (error ?? "failed");
  return (
    <>
      <span class={delivered ? "text-ok" : "text-bad"} safe>
        {text}
      </span>{" "}
      <span class="muted">
        <Time at={at} relative />
      </span>
    </>
  );
}

function Actions({ target, canEdit }: { target: Target; canEdit: boolean }): JSX.Element {
  const { name, active } = target;
  const path = targetPath(target);
  const small = { size: "small", kind: "quiet" } as const;
  return (
    <div class="part-actions">
      <ActionButton
        {...small}
        icon={active ? "pause" : "play"}
        label={active ? "Pause" : "Resume"}
        describe={`${active ? "Pause" : "Resume"} target ${name}`}
        action={`${path}/toggle`}
        fields={{ active: String(!active) }}
      />
      {canEdit ? (
        <Button
          {...small}
          icon="edit"
          iconOnly
          label="Edit"
          describe={`Edit target ${name}`}
          href={`${path}/edit`}
        />
      ) : (
        ""
      )}
      <Button
        {...small}
        icon="trash"
        iconOnly
        label="Delete"
        describe={`Delete target ${name}`}
        href={`${path}/delete`}
      />
    </div>
  );
}
