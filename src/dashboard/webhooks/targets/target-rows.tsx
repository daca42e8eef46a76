/** Many targets of a webhook: one line each, those in trouble first, with a search. */
import { Html } from "@elysiajs/html";
import type { TargetOverview } from "../../../storage/event-db/numbers/overview.ts";
import type { TargetType } from "../../../targets/target-type.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { Badge } from "../../components/badge.tsx";
import { formatCount } from "../../components/format.ts";
import { ListFilter, ListPages } from "../../components/list-filter.tsx";
import { Time } from "../../components/values.tsx";
import { ManagedBadge } from "../../managed/managed-views.tsx";
import { attribute } from "../../render.ts";
import { type ChosenRows, choiceQuery } from "../chosen-rows.ts";
import { logPath, targetPath, webhookPath } from "../paths.ts";
import type { Health } from "./health.ts";
import { TargetSwitch } from "./target-switch.tsx";

/** Begins the names of the list's parameters, which are on the webhook's page with others. */
export const TARGETS_PREFIX = "target_";

export type TargetRow = Readonly<{
  name: string;
  health: Health;
  /** The health's label. */
  state: string;
  target: Target;
  type: TargetType | undefined;
  overview: TargetOverview | undefined;
}>;

export function TargetRows(props: {
  webhookId: string;
  total: number;
  chosen: ChosenRows<TargetRow>;
}): JSX.Element {
  const { webhookId, total, chosen } = props;
  const { choice, rows, found, page, states } = chosen;
  const path = webhookPath(webhookId);
  const isFiltered = choice.search !== "" || choice.state !== "";
  return (
    <div class="target-rows">
      <ListFilter
        action={`${path}#targets`}
        label="Find a target by its name"
        search={{ name: `${TARGETS_PREFIX}q`, value: choice.search }}
        state={{ name: `${TARGETS_PREFIX}state`, value: choice.state, options: states, total }}
      />
      {isFiltered && (
        <p class="muted text-s">
          <span safe>{formatCount(found, "target")}</span> of <span safe>{String(total)}</span>.{" "}
          <a href={attribute(`${path}#targets`)}>Show all</a>
        </p>
      )}
      <ul class="lines">
        {rows.map((row) => (
          <Row {...row} />
        ))}
      </ul>
      <ListPages
        {...page}
        hrefOf={(to) => `${path}?${choiceQuery({ ...choice, page: to }, TARGETS_PREFIX)}#targets`}
      />
    </div>
  );
}

function Row({ target, type, health, overview }: TargetRow): JSX.Element {
  const { pending = 0, held = 0, failed = 0 } = overview?.counts ?? {};
  const last = overview?.lastResult ?? null;
  const log = (status: string) => logPath(target.webhookId, { target: target.id, status });
  const isOff = !target.active && target.deactivatedReason === null;
  return (
    <li class="line">
      <span class="line-name">
        <a class="part-link" href={attribute(targetPath(target))} safe>
          {target.name}
        </a>
        <Badge tone={health.tone} label={health.label} />
        <ManagedBadge of={target} />
      </span>
      <span class="line-numbers muted">
        <span class="tag" safe>
          {type?.label ?? target.type}
        </span>
        <Part n={pending + held} what="pending" href={log(pending > 0 ? "pending" : "held")} />
        <Part n={failed} what="failed" href={log("failed")} bad={!isOff} />
        {last !== null && <Time at={last.at} relative />}
      </span>
      <TargetSwitch target={target} type={type} />
    </li>
  );
}

function Part(props: { n: number; what: string; href: string; bad?: boolean }): JSX.Element {
  const { n, what, href, bad = false } = props;
  if (n === 0) return "";
  return (
    <a class={bad ? "text-bad" : "muted"} href={attribute(href)} safe>
      {`${n.toLocaleString("en")} ${what}`}
    </a>
  );
}
