/** First steps: from no webhook to an event that is delivered. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import { DAY_MS } from "../../lib/clock.ts";
import type { TargetOverview } from "../../storage/event-db/numbers/overview.ts";
import type { Entrypoint } from "../../webhooks/entrypoints.ts";
import { ActionButton, Button } from "../components/button.tsx";
import { Icon } from "../components/icon.tsx";
import { CopyButton } from "../components/values.tsx";
import { curlCommand } from "./entrypoints/curl.ts";
import { entrypointPath, entrypointUrl, IMPORT_PATH, logPath, NEW_PATH, webhookPath } from "./paths.ts";
import type { Usable, WebhookState } from "./webhook-state.ts";

/** Shown if there is no webhook yet. */
export function FirstSteps({ baseUrl }: { baseUrl: string }): JSX.Element {
  return (
    <section class="card steps-card" aria-labelledby="first-steps">
      <div class="steps-head">
        <h2 id="first-steps">Receive your first event in a minute</h2>
        <p class="muted">
          Senders post to a webhook’s URL. Every event is on disk before it is acknowledged, and is sent to
          each active target until it is delivered.
        </p>
      </div>
      <ol class="steps">
        <Step title="Create a webhook">
          <p class="muted">
            It holds the URLs that receive events and the targets that the events are sent to.
          </p>
          <div>
            <Button kind="primary" icon="plus" label="New webhook" href={NEW_PATH} />
          </div>
        </Step>
        <Step title="Copy its URL">
          <p class="muted">Give it to the sender, or try it from a terminal:</p>
          <Command text={curlCommand(entrypointUrl(baseUrl, "{its-id}"))} />
        </Step>
        <Step title="Add a target">
          <p class="muted">
            Your own service over HTTP, a Slack channel, or the log. Without one, events are kept until you
            add it.
          </p>
        </Step>
      </ol>
      <p class="muted">
        To restore a deleted webhook, or to move one from another server,{" "}
        <a href={IMPORT_PATH}>import its file</a>.
      </p>
    </section>
  );
}

/** A webhook whose first delivery does not succeed shows the steps for this long. */
const BEGINNING_MS = 7 * DAY_MS;

/** True until a webhook has received an event, has a target, and something was delivered to it. */
export function isBeginning(
  { webhook, targets }: WebhookState,
  { overview, targetOverviews }: Usable,
): boolean {
  const { lastEventAt } = overview;
  if (targets.length === 0 || lastEventAt === null) return true;
  // Later, the events that were delivered may have been deleted.
  return lastEventAt - webhook.createdAt < BEGINNING_MS && !wasDelivered([...targetOverviews.values()]);
}

function wasDelivered(overviews: readonly TargetOverview[]): boolean {
  return overviews.some(({ counts, lastResult }) => counts.delivered > 0 || lastResult?.delivered === true);
}

/** Shown on a webhook's page while it begins. */
export function NextSteps(props: { state: WebhookState; file: Usable; baseUrl: string }): JSX.Element {
  const { state, file, baseUrl } = props;
  const entrypoint = state.entrypoints.find(({ active }) => active);
  const hasEvent = file.overview.lastEventAt !== null;
  const hasTarget = state.targets.length > 0;
  const overviews = [...file.targetOverviews.values()];
  const isDelivered = wasDelivered(overviews);
  return (
    <section class="card steps-card" aria-labelledby="next-steps">
      <h2 id="next-steps">{isDelivered ? "It works" : "Next steps"}</h2>
      <ol class="steps steps-in-pairs">
        <Step title="Create a webhook" isDone>
          <p class="muted">It is ready to receive events.</p>
        </Step>
        <Step title="Send it an event" isDone={hasEvent}>
          {hasEvent ? (
            <p class="muted">
              Received. The <a href={logPath(state.webhook.id)}>event log</a> shows it.
            </p>
          ) : entrypoint === undefined ? (
            <p class="muted">Add an entrypoint below, or enable one, to get a URL.</p>
          ) : (
            <FirstEvent entrypoint={entrypoint} url={entrypointUrl(baseUrl, entrypoint.id)} />
          )}
        </Step>
        <Step title="Add a target" isDone={hasTarget}>
          {hasTarget ? (
            <p class="muted">Every event is sent there.</p>
          ) : (
            <>
              <p class="muted">Your service over HTTP, a Slack channel, or the log.</p>
              <div>
                <Button
                  icon="plus"
                  label="Add target"
                  href={`${webhookPath(state.webhook.id)}/targets/new`}
                />
              </div>
            </>
          )}
        </Step>
        <Step title="See it delivered" isDone={isDelivered}>
          <Delivered webhookId={state.webhook.id} isDelivered={isDelivered} overviews={overviews} />
        </Step>
      </ol>
    </section>
  );
}

function Delivered(props: {
  webhookId: string;
  isDelivered: boolean;
  overviews: readonly TargetOverview[];
}): JSX.Element {
  const { webhookId, isDelivered, overviews } = props;
  const failed = overviews.find(({ lastResult }) => lastResult?.delivered === false)?.lastResult;
  if (isDelivered) {
    return (
      <p class="muted">
        The first event has arrived at its target. The <a href={logPath(webhookId)}>event log</a> has all of
        them.
      </p>
    );
  }
  if (!failed) return <p class="muted">This page shows it by itself.</p>;
  const { statusCode, error } = failed;
  return (
    <p>
      <span class="text-bad" safe>
        {statusCode === null
          ? `The last attempt failed: ${error ?? "no answer"}.`
          : `The target answered ${statusCode}.`}
      </span>{" "}
      Correct the target or what is behind it: the event is kept and attempted again. The{" "}
      <a href={logPath(webhookId, { status: "pending" })}>event log</a> has every answer.
    </p>
  );
}

function FirstEvent({ entrypoint, url }: { entrypoint: Entrypoint; url: string }): JSX.Element {
  return (
    <>
      <p class="muted">Give this URL to the sender, or try it from a terminal:</p>
      <Command text={curlCommand(url)}>
        <ActionButton
          size="small"
          icon="send"
          label="Send test event"
          action={`${entrypointPath(entrypoint)}/test`}
        />
      </Command>
    </>
  );
}

/** Shows the buttons below the command, because a step is too narrow for both side by side. */
function Command({ text, children }: PropsWithChildren<{ text: string }>): JSX.Element {
  return (
    <>
      <pre class="code" safe>
        {text}
      </pre>
      <div class="page-actions">
        <CopyButton text={text} label="Copy command" />
        {children ?? ""}
      </div>
    </>
  );
}

function Step(props: PropsWithChildren<{ title: string; isDone?: boolean }>): JSX.Element {
  return (
    <li class={props.isDone ? "step step-done" : "step"}>
      <span class="step-mark" aria-hidden="true">
        {props.isDone && <Icon name="check" />}
      </span>
      <div class="step-body">
        <h3>
          <span safe>{props.title}</span>
          {props.isDone && <span class="sr-only"> (done)</span>}
        </h3>
        {props.children}
      </div>
    </li>
  );
}
