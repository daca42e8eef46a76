/** Many webhooks: one line each, those in trouble first, with a search. */
import { Html } from "@elysiajs/html";
import type { RefusalTally } from "../../ingest/refusal-tally.ts";
import type { Glances, WebhookGlance } from "../../webhooks/numbers/webhook-glances.ts";
import { Badge } from "../components/badge.tsx";
import { formatCount } from "../components/format.ts";
import { ListFilter, ListPages } from "../components/list-filter.tsx";
import { Time } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { type Choice, type ChosenRows, choiceQuery, chooseRows } from "./chosen-rows.ts";
import { type Refused, RefusedBadge } from "./entrypoints/refused.tsx";
import { LIST_PATH, logPath, webhookPath } from "./paths.ts";
import { type Health, webhookHealth } from "./targets/health.ts";

type Row = Readonly<{
  /** Text that the search looks at. */
  name: string;
  health: Health;
  state: string;
  webhook: WebhookGlance;
  refused: Refused;
}>;

export type ManyWebhooks = Readonly<{
  total: number;
  chosen: ChosenRows<Row>;
  readAt: number;
}>;

export function chooseWebhooks(
  { webhooks, readAt }: Glances,
  { choice, refusals }: { choice: Choice; refusals: Pick<RefusalTally, "lastDay"> },
): ManyWebhooks {
  const rows = webhooks.map((webhook) => {
    const health = healthOf(webhook);
    const state = health.label.endsWith("failing") ? "failing" : health.label;
    const name = [webhook.name, webhook.externalId ?? ""].join(" ");
    return { name, health, state, webhook };
  });
  const { rows: shown, ...chosen } = chooseRows(rows, choice);
  const withRefused = shown.map((row) => ({ ...row, refused: refusedBy(row.webhook, refusals) }));
  return { total: webhooks.length, chosen: { ...chosen, rows: withRefused }, readAt };
}

function healthOf({ known }: WebhookGlance): Health {
  if (known === null) return { tone: "idle", label: "not read yet" };
  const { entrypoints, targets, numbers } = known;
  if (numbers === null) return { tone: "bad", label: "event file unusable" };
  return webhookHealth({
    entrypoints,
    targets,
    overview: numbers,
    targetOverviews: numbers.targets,
    throttles: new Map(),
    retrying: new Map(),
  });
}

function refusedBy({ known }: WebhookGlance, refusals: Pick<RefusalTally, "lastDay">): Refused {
  const each = (known?.entrypoints ?? []).map(({ id }) => [id, refusals.lastDay(id)] as const);
  return new Map(each.filter(([, byReason]) => byReason.size > 0));
}

export function ManyRows({ total, chosen, readAt }: ManyWebhooks): JSX.Element {
  const { choice, rows, found, page, states } = chosen;
  return (
    <section class="card card-flush target-rows" aria-label="Webhooks">
      <ListFilter
        action={LIST_PATH}
        label="Find a webhook by its name or id"
        search={{ name: "q", value: choice.search }}
        state={{ name: "state", value: choice.state, options: states, total }}
      />
      <p class="muted text-s">
        {found === 0 ? (
          <span safe>{`No webhook's name contains “${choice.search}”.`}</span>
        ) : (
          <span safe>{`${formatCount(found, "webhook")} of ${total.toLocaleString("en")}.`}</span>
        )}{" "}
        Read <Time at={readAt} relative />.
      </p>
      <ul class="lines">
        {rows.map((row) => (
          <Line {...row} />
        ))}
      </ul>
      <ListPages {...page} hrefOf={(to) => `${LIST_PATH}?${choiceQuery({ ...choice, page: to })}`} />
    </section>
  );
}

function Line({ webhook, health, refused }: Row): JSX.Element {
  const { id, name, externalId, known, eventsLostAt } = webhook;
  const numbers = known?.numbers ?? null;
  const { pending = 0, held = 0, failed = 0 } = numbers?.counts ?? {};
  return (
    <li class="line">
      <span class="line-name">
        <a class="part-link" href={webhookPath(id)} safe>
          {name}
        </a>
        {externalId !== null && externalId !== name && (
          <code class="muted" safe>
            {externalId}
          </code>
        )}
        <Badge tone={health.tone} label={health.label} />
        <RefusedBadge refused={refused} />
        {eventsLostAt !== null && <Badge tone="bad" label="events lost" />}
      </span>
      <span class="line-numbers muted">
        {numbers !== null && numbers.received > 0 && (
          <span safe>{`${numbers.received.toLocaleString("en")} in 24 h`}</span>
        )}
        {pending + held > 0 && (
          <a class="muted" href={attribute(logPath(id, { status: pending > 0 ? "pending" : "held" }))} safe>
            {`${(pending + held).toLocaleString("en")} pending`}
          </a>
        )}
        {failed > 0 && (
          <a class="text-bad" href={attribute(logPath(id, { status: "failed" }))} safe>
            {`${failed.toLocaleString("en")} failed`}
          </a>
        )}
      </span>
      <span class="line-end muted text-s">
        {numbers === null || numbers.lastEventAt === null ? (
          "no events"
        ) : (
          <Time at={numbers.lastEventAt} relative />
        )}
      </span>
    </li>
  );
}
