/** Shows what a filter would do with the last stored events, before it is saved. */
import { Html } from "@elysiajs/html";
import type { FilterTrial, JudgedEvent } from "../../../storage/reader/filter-trial.ts";
import { Notice } from "../../components/flash-line.tsx";
import { formatCount } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import { eventPath } from "../../events/paths.ts";
import { attribute } from "../../render.ts";

/** Reasons shown of each kind; the API lists more. */
const MOST_SHOWN = 10;

export function FilterTrialNotices({ trial, webhookId }: Props): JSX.Element {
  const { judged, isWhole, outcomes, changes, changed, others } = trial;
  if (judged === 0) {
    return (
      <Notice
        tone="info"
        text="There is no stored event to try it on."
        hint="Send one first, or a test event."
      />
    );
  }
  const { delivered, filtered, unjudged } = outcomes;
  const parts = [
    `${number(delivered + unjudged)} would be delivered`,
    ...(unjudged > 0 ? [`of which ${number(unjudged)} because they cannot be judged`] : []),
    `${number(filtered)} would be filtered`,
  ];
  return (
    <div class="trial">
      <Notice
        tone={filtered === judged ? "warn" : "ok"}
        text={`Last ${formatCount(judged, "event")}: ${parts.join(", ")}.`}
        hint={
          isWhole ? "Nothing is saved yet." : "Older events were not reached in time. Nothing is saved yet."
        }
      />
      <p class="muted" safe>
        {changes === 0
          ? "The saved settings do the same."
          : `The saved settings decide otherwise about ${number(changes)}:`}
      </p>
      <Events events={changed} webhookId={webhookId} total={changes} />
      {changes === 0 && <Events events={others} webhookId={webhookId} total={filtered + unjudged} />}
    </div>
  );
}

type Props = Readonly<{ trial: FilterTrial; webhookId: string }>;

function Events(
  props: Readonly<{ events: readonly JudgedEvent[]; webhookId: string; total: number }>,
): JSX.Element {
  const { events, webhookId, total } = props;
  const shown = events.slice(0, MOST_SHOWN);
  if (shown.length === 0) return "";
  return (
    <ul class="trial-reasons">
      {shown.map((event) => (
        <li>
          <a href={attribute(eventPath(webhookId, event.id))}>
            <Time at={event.receivedAt} />
          </a>{" "}
          <span safe>{describe(event)}</span>
        </li>
      ))}
      {total > shown.length && <li class="muted" safe>{`and ${number(total - shown.length)} more`}</li>}
    </ul>
  );
}

function describe({ outcome, reason }: JudgedEvent): string {
  if (outcome === "delivered") return "would be delivered";
  return `${outcome === "filtered" ? "would be filtered" : "cannot be judged"}: ${reason}`;
}

function number(count: number): string {
  return count.toLocaleString("en");
}
