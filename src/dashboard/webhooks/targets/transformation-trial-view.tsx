/** Shows what a transformation would do with the last stored events, before it is saved. */
import { Html } from "@elysiajs/html";
import { describeFault } from "../../../targets/transformations/transformer.ts";
import type { TransformationTrial, TriedEvent } from "../../../webhooks/target-trials/trial-tally.ts";
import { Notice } from "../../components/flash-line.tsx";
import { formatCount } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import { eventPath } from "../../events/paths.ts";
import { RequestDiff } from "../../events/transformations/request-diff.tsx";
import { attribute } from "../../render.ts";

/** Events shown with their requests before and after; the API lists more. */
const MOST_SHOWN = 5;

export function TransformationTrialNotices(props: {
  trial: TransformationTrial;
  webhookId: string;
}): JSX.Element {
  const { trial, webhookId } = props;
  const { tried, outcomes, changes, micros, listed } = trial;
  const untried = untriedWords(trial);
  if (tried === 0) {
    return (
      <Notice tone="info" text="There is no stored event to try the transformation on." hint={untried} />
    );
  }
  const failures = outcomes.failed + outcomes.unavailable;
  const parts = [
    `${number(outcomes.request)} would be sent`,
    ...(outcomes.dropped > 0 ? [`${number(outcomes.dropped)} would be dropped`] : []),
    ...(failures > 0 ? [`${number(failures)} would fail`] : []),
  ];
  const took = `The code took ${shownTime(micros.mean)} on average, ${shownTime(micros.most)} at most.`;
  return (
    <div class="trial">
      <Notice
        tone={failures > 0 ? "bad" : "ok"}
        text={`${formatCount(tried, "transformed event")}: ${parts.join(", ")}.`}
        hint={[took, untried, "Nothing is saved yet."].filter((part) => part !== "").join(" ")}
      />
      <p class="muted" safe>
        {changes === 0
          ? "The saved settings send the same."
          : `The saved settings send something else for ${formatCount(changes, "event")}.`}
      </p>
      {listed.slice(0, MOST_SHOWN).map((one, index) => (
        <Tried tried={one} webhookId={webhookId} isOpen={index === 0} />
      ))}
    </div>
  );
}

function untriedWords({ skipped, isWhole }: TransformationTrial): string {
  const tooLarge = skipped === 0 ? "" : `Not tried, body over 4 MiB: ${formatCount(skipped, "event")}.`;
  return [tooLarge, isWhole ? "" : "Older events were not reached in time."].join(" ").trim();
}

function Tried(props: { tried: TriedEvent; webhookId: string; isOpen: boolean }): JSX.Element {
  const { event, run } = props.tried;
  return (
    <details class="more" open={props.isOpen}>
      <summary>
        <Time at={event.receivedAt} /> <span safe>{words(props.tried)}</span>
      </summary>
      <p>
        <a href={attribute(eventPath(props.webhookId, event.id))}>Event</a>
      </p>
      {run.kind === "request" && <RequestDiff before={event} after={run.event} />}
      {run.lines.length > 0 && (
        <pre class="code" tabindex="0" safe>
          {run.lines.join("\n")}
        </pre>
      )}
    </details>
  );
}

function words({ run, isChanged }: TriedEvent): string {
  switch (run.kind) {
    case "request":
      return isChanged ? "another request than now" : "the same request as now";
    case "dropped":
      return "dropped";
    case "failed":
      return describeFault(run.fault);
    case "unavailable":
      return `could not run: ${run.error}`;
  }
}

function shownTime(micros: number): string {
  return micros < 1_000 ? `${micros} µs` : `${(micros / 1_000).toFixed(1)} ms`;
}

function number(count: number): string {
  return count.toLocaleString("en");
}
