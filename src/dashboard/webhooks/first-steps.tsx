/** First steps: from no webhook to an event that is delivered. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
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

/** Shown on a webhook's page until it has received an event and has a target. */
export function NextSteps(props: { state: WebhookState; file: Usable; baseUrl: string }): JSX.Element {
  const { state, file, baseUrl } = props;
  const entrypoint = state.entrypoints.find(({ active }) => active);
  const hasEvent = file.overview.lastEventAt !== null;
  const hasTarget = state.targets.length > 0;
  return (
    <section class="card steps-card" aria-labelledby="next-steps">
      <h2 id="next-steps">What to do next</h2>
      <ol class="steps">
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
      </ol>
    </section>
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
