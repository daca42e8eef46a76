/**
 * The page that prepares a replay of many events: offers the targets, counts the deliveries, and explains what will
 * happen. Counting needs a thread and may take seconds, so the page comes without the count and asks for it afterwards.
 */
import { Html } from "@elysiajs/html";
import type { ReplayCount } from "../../storage/event-db/replays/replay-run.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Button } from "../components/button.tsx";
import { SelectField } from "../components/field-row.tsx";
import { Notice } from "../components/flash-line.tsx";
import { formatCount } from "../components/format.ts";
import { LoadLater } from "../components/load-later.tsx";
import { FilterChips } from "../events/filters/filter-chips.tsx";
import type { Names } from "../events/names.ts";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Viewer } from "../viewer.ts";
import { crumbsWithin } from "../webhooks/crumbs.ts";
import { logPath } from "../webhooks/paths.ts";
import { type OrderForm, orderFields } from "./order-form.ts";
import { newReplayPath, replaysPath } from "./paths.ts";
import { describeDestination, describeNotSearched, takesDeliveries } from "./words.ts";

/** The query parameter of the page with its count. */
export const COUNTED = "counted";
const OUTCOME_ID = "replay-outcome";

export type AskProps = Readonly<{
  viewer: Viewer;
  webhook: Webhook;
  names: Names;
  form: OrderForm;
  /** Null if the order has a fault. "later": not counted yet. */
  count: ReplayCount | "later" | null;
}>;

export function AskReplayPage(props: AskProps): JSX.Element {
  const { viewer, webhook, names, form, count } = props;
  return (
    <Layout title="Replay events" viewer={viewer} section="sources" crumbs={crumbsWithin(webhook)}>
      <section class="card card-narrow replay-ask">
        <h1>Replay events</h1>
        <Selection {...props} />
        {form.faults.map((text) => (
          <Notice tone="bad" text={text} />
        ))}
        {count === null ? (
          <div class="form-actions">
            <Button label="Back to the log" href={backPath(props)} />
          </div>
        ) : (
          <>
            <form class="replay-to" method="get" action={newReplayPath(webhook.id)}>
              <Fields form={form} />
              <SelectField
                name="deliver"
                label="Target"
                value={form.deliver}
                options={destinations(names, form)}
                help="Changing this recounts; nothing is sent yet."
              />
              <Button label="Recount" />
            </form>
            <div id={OUTCOME_ID} class="replay-outcome" role="status">
              {count === "later" ? (
                <LoadLater
                  part={OUTCOME_ID}
                  path={countedPath(webhook.id, form)}
                  label="Count what would be replayed"
                />
              ) : (
                <Outcome {...props} count={count} />
              )}
            </div>
          </>
        )}
      </section>
    </Layout>
  );
}

function Selection({ webhook, names, form }: AskProps): JSX.Element {
  const { chosen, filter } = form;
  if (chosen !== null) {
    return (
      <p>
        <strong safe>{formatCount(chosen.length, "selected event")}</strong>
      </p>
    );
  }
  const chips = FilterChips({ path: newReplayPath(webhook.id), filter, names });
  const safeChips = chips === "" ? <p>All stored events of this webhook.</p> : chips;
  return <div class="replay-what">{safeChips}</div>;
}

function Fields({ form }: { form: OrderForm }): JSX.Element {
  return (
    <>
      {orderFields(form).map(([name, value]) => (
        <input type="hidden" name={attribute(name)} value={attribute(value)} />
      ))}
    </>
  );
}

function destinations(names: Names, { filter, chosen }: OrderForm) {
  const { targetId, status } = filter;
  const isNarrowed = chosen === null && (targetId !== null || status !== null);
  return [
    {
      value: "again",
      label: isNarrowed
        ? `Same targets: ${[status ?? "all", "deliveries", targetId === null ? "" : `to ${names.target(targetId).name}`].join(" ").trim()}`
        : "Same targets as before",
    },
    ...names.targets.flatMap(({ id, name }) => [
      { value: `missing:${id}`, label: `${name}: only events it never received` },
      { value: `all:${id}`, label: `${name}: all of these events` },
    ]),
  ];
}

function Outcome(props: AskProps & { count: ReplayCount }): JSX.Element {
  const { webhook, names, form, count } = props;
  const { events, deliveries, isExact } = count;
  if (deliveries === 0 && isExact) {
    return (
      <>
        <Notice
          tone="info"
          text="Nothing to replay."
          hint={
            events === 0
              ? `No stored event matches. ${describeNotSearched(count)}`.trim()
              : "These events have no delivery to a target that still exists. Choose a target above."
          }
        />
        <div class="form-actions">
          <Button label="Back to the log" href={backPath(props)} />
        </div>
      </>
    );
  }
  const least = isExact ? "" : "at least ";
  const amount = formatCount(deliveries, "delivery", "deliveries");
  const paused = pausedTarget(names, form);
  const notSearched = describeNotSearched(count);
  return (
    <>
      <div class="prose">
        <ul>
          <li>
            <strong safe>{`${least}${amount}`}</strong>{" "}
            <span
              safe
            >{`of ${least}${formatCount(events, "event")}, to ${describeDestination(form.order, names)}`}</span>
            {!isExact && "; counting finishes before the replay starts"}
          </li>
          {notSearched !== "" && <li class="text-bad" safe>{`${notSearched}.`}</li>}
          <li>
            Oldest first; live events take priority. A slow or failing target does not delay the others.
          </li>
          <li>Receivers get each event with its original id, so that they can drop duplicates.</li>
          <li>You can pause or cancel the replay. It continues after a restart.</li>
          {paused !== null && (
            <li class="text-bad" safe>{`“${paused}” is paused: the replay waits until you resume it.`}</li>
          )}
        </ul>
      </div>
      <form class="form-actions" method="post" action={attribute(beginPath(webhook.id, form))}>
        {/* Tells the action that the reader has confirmed. */}
        <input type="hidden" name="confirmed" value="yes" />
        <Button kind="primary" icon="replay" label={`Replay ${least}${amount}`} />
        <Button label="Cancel" href={backPath(props)} />
      </form>
    </>
  );
}

function pausedTarget(names: Names, { order, filter, chosen }: OrderForm): string | null {
  const targetId = order.targetId ?? (chosen === null ? filter.targetId : null);
  const target = names.targets.find(({ id }) => id === targetId);
  return target === undefined || takesDeliveries(target) ? null : target.name;
}

function beginPath(webhookId: string, form: OrderForm): string {
  return `${replaysPath(webhookId)}?${orderQuery(form)}`;
}

function countedPath(webhookId: string, form: OrderForm): string {
  return newReplayPath(webhookId, `?${orderQuery(form)}&${COUNTED}=1`);
}

function orderQuery(form: OrderForm): string {
  return new URLSearchParams([...orderFields(form), ["deliver", form.deliver]]).toString();
}

function backPath({ webhook, form }: AskProps): string {
  const query = form.chosen === null ? `?${new URLSearchParams(orderFields(form))}` : "";
  return logPath(webhook.id) + (query === "?" ? "" : query);
}
