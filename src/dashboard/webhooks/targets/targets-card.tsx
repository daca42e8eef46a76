/** Targets on their webhook's page. */
import { Html } from "@elysiajs/html";
import type { ThrottleView } from "../../../delivery/throttle/throttle-control.ts";
import type { TargetOverview } from "../../../storage/event-db/numbers/overview.ts";
import type { RetryingCount } from "../../../storage/event-db/numbers/retrying.ts";
import type { TargetType } from "../../../targets/target-type.ts";
import type { EmptyPlace } from "../../../webhooks/place-trials.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { Card } from "../../components/card.tsx";
import { ManagedBadge } from "../../managed/managed-views.tsx";
import { isPermitted } from "../../permitted.ts";
import { attribute } from "../../render.ts";
import { catchUpPath } from "../../replays/paths.ts";
import { type Choice, chooseRows, SHORT_LIST } from "../chosen-rows.ts";
import { EditAndDelete } from "../edit-and-delete.tsx";
import { EmptyPlaces } from "../entrypoints/empty-places.tsx";
import { targetPath, webhookPath } from "../paths.ts";
import type { WebhookState } from "../webhook-state.ts";
import { Goal } from "./goal.tsx";
import { targetHealth } from "./health.ts";
import { TargetNotices } from "./target-notices.tsx";
import { TargetNumbers } from "./target-numbers.tsx";
import { type TargetRow, TargetRows } from "./target-rows.tsx";
import { TargetSwitch } from "./target-switch.tsx";
import { TargetThrottle } from "./target-throttle.tsx";

type CardProps = Readonly<{
  state: WebhookState;
  types: readonly TargetType[];
  /** Settings without values by target id. */
  emptyPlaces?: ReadonlyMap<string, readonly EmptyPlace[]> | undefined;
  /** The reader's search in a long list. */
  choice: Choice;
}>;

export function TargetsCard({ state, types, emptyPlaces, choice }: CardProps): JSX.Element {
  const { targets, file, webhook } = state;
  const newPath = `${webhookPath(webhook.id)}/targets/new`;
  const isEmpty = targets.length === 0;
  const add = isEmpty ? undefined : <Button size="small" icon="plus" label="Add target" href={newPath} />;
  return (
    <Card
      title="Targets"
      lead="Each active target gets every event that passes its filter."
      id="targets"
      {...(add !== undefined && { actions: add })}
      flush
    >
      {isEmpty &&
        (isPermitted("GET", newPath) ? <TypeChoice types={types} newPath={newPath} /> : <NoTargets />)}
      {targets.length > SHORT_LIST ? (
        <TargetRows webhookId={webhook.id} total={targets.length} chosen={choose(state, types, choice)} />
      ) : (
        <ul class="parts">
          {targets.map((target) => (
            <Row
              target={target}
              type={types.find(({ type }) => type === target.type)}
              overview={file.fault === null ? file.targetOverviews.get(target.id) : undefined}
              retrying={file.fault === null ? file.retrying.get(target.id) : undefined}
              throttle={file.fault === null ? file.throttles.get(target.id) : undefined}
              emptyPlaces={emptyPlaces?.get(target.id) ?? []}
              isKnown={file.fault === null}
              hasEvents={file.fault === null && file.overview.lastEventAt !== null}
            />
          ))}
        </ul>
      )}
    </Card>
  );
}

function choose({ targets, file }: WebhookState, types: readonly TargetType[], choice: Choice) {
  const rows = targets.map((target): TargetRow => {
    const { id, name } = target;
    const type = types.find(({ type }) => type === target.type);
    const overview = file.fault === null ? file.targetOverviews.get(id) : undefined;
    const health =
      file.fault === null
        ? targetHealth(target, overview, file.throttles.get(id), file.retrying.get(id)?.count)
        : targetHealth(target);
    return { name, target, type, overview, health, state: health.label };
  });
  return chooseRows(rows, choice);
}

function NoTargets(): JSX.Element {
  return <p class="muted part-note">No targets yet. Events are stored and can be replayed later.</p>;
}

/** Without a target yet, adding one starts with the choice of its type. */
function TypeChoice({ types, newPath }: { types: readonly TargetType[]; newPath: string }): JSX.Element {
  return (
    <div class="type-choice">
      <p class="muted">
        No targets yet. Events are stored and can be replayed later. Where should they be sent?
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
  retrying: RetryingCount | undefined;
  throttle: ThrottleView | undefined;
  emptyPlaces: readonly EmptyPlace[];
  isKnown: boolean;
  /** True if the webhook has received events. */
  hasEvents: boolean;
}): JSX.Element {
  const { target, type, overview, retrying, throttle, emptyPlaces, isKnown, hasEvents } = props;
  const health = targetHealth(target, overview, throttle, retrying?.count);
  return (
    <li class="part">
      <div class="part-head">
        <div class="part-title">
          <h3>
            <a class="part-link" href={attribute(targetPath(target))} safe>
              {target.name}
            </a>
          </h3>
          {(isKnown || !target.active || target.pausedAt !== null) && (
            <Badge tone={health.tone} label={health.label} />
          )}
          <ManagedBadge of={target} />
        </div>
        <Actions target={target} type={type} />
      </div>
      <TargetNotices target={target} />
      <EmptyPlaces places={emptyPlaces} />
      {throttle !== undefined && <TargetThrottle target={target} throttle={throttle} />}
      <div class="part-body">
        <p class="target-goal">
          <span class="tag" safe>
            {type?.label ?? target.type}
          </span>
          <Goal target={target} />
        </p>
        {isKnown && (
          <TargetNumbers
            target={target}
            overview={overview}
            retrying={retrying}
            settlesAtIngest={type?.settlesAtIngest === true}
          />
        )}
        {hasEvents && overview === undefined && isPermitted("GET", catchUpPath(target)) && (
          <p class="muted part-note">
            No deliveries yet. <a href={attribute(catchUpPath(target))}>Send it the events already stored…</a>
          </p>
        )}
      </div>
    </li>
  );
}

function Actions({ target, type }: { target: Target; type: TargetType | undefined }): JSX.Element {
  return (
    <div class="part-actions">
      <TargetSwitch target={target} type={type} />
      <EditAndDelete what={`target ${target.name}`} path={targetPath(target)} canEdit={type !== undefined} />
    </div>
  );
}
