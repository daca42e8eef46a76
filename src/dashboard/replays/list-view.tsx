/** The list of a webhook's replays: filter, target, progress and actions. */
import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { SeenReplay } from "../../replays/replay-runs.ts";
import type { ReplayState } from "../../storage/event-db/replays/replay-run.ts";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { Badge, type Tone } from "../components/badge.tsx";
import { ActionButton, Button } from "../components/button.tsx";
import { DataTable, EmptyState, PageHeader } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { Time } from "../components/values.tsx";
import type { Names } from "../events/names.ts";
import { Layout } from "../layout.tsx";
import { attribute } from "../render.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { crumbsWithin } from "../webhooks/crumbs.ts";
import { logPath } from "../webhooks/paths.ts";
import type { Fault } from "../webhooks/webhook-state.ts";
import { newReplayPath, replaysPath } from "./paths.ts";
import { TargetList } from "./target-list.tsx";
import { describeDestination, describeNotSearched, describeSelection } from "./words.ts";

type FrameProps = Readonly<{ viewer: Viewer; flash: Flash | null; webhook: Webhook }>;

export function ReplaysPage(
  props: FrameProps & Readonly<{ runs: readonly SeenReplay[]; names: Names }>,
): JSX.Element {
  const { webhook, runs, names } = props;
  return (
    <Frame {...props}>
      {runs.length === 0 ? (
        <EmptyState
          icon="replay"
          title="No replays yet"
          text="Filter or select events in the event log, then replay them to the same targets or to a new one."
        >
          <Button kind="primary" label="Event log" href={logPath(webhook.id)} />
        </EmptyState>
      ) : (
        <section class="card card-flush" id="replays" {...polling(props)}>
          <DataTable
            caption={`Replays of ${webhook.name}`}
            stack
            columns={["Started", "Filter", "Target", "State", "Progress", { label: "Actions", hidden: true }]}
          >
            {runs.map((run) => (
              <Row run={run} names={names} webhookId={webhook.id} />
            ))}
          </DataTable>
        </section>
      )}
    </Frame>
  );
}

/** Page of a webhook whose event file cannot be used. */
export function UnusableReplaysPage(props: FrameProps & Readonly<{ fault: Fault }>): JSX.Element {
  return (
    <Frame {...props}>
      <Notice tone="bad" text={props.fault.message} hint={props.fault.hint ?? undefined} />
    </Frame>
  );
}

function Frame({ viewer, flash, webhook, children }: PropsWithChildren<FrameProps>): JSX.Element {
  return (
    <Layout
      title="Replays"
      viewer={viewer}
      section="sources"
      flash={flash}
      wide
      crumbs={crumbsWithin(webhook)}
    >
      <PageHeader title="Replays" manual="replays">
        <Button icon="replay" label="Replay events" href={newReplayPath(webhook.id)} />
        <Button icon="inbox" label="Event log" href={logPath(webhook.id)} />
      </PageHeader>
      {children}
    </Layout>
  );
}

/** Polls only while a replay is in progress; without scripts, readers reload the page. */
function polling({ webhook, runs }: { webhook: Webhook; runs: readonly SeenReplay[] }) {
  if (!runs.some(({ state }) => state === "counting" || state === "running")) return {};
  return {
    "hx-get": attribute(replaysPath(webhook.id)),
    "hx-trigger": "every 2s",
    "hx-select": "#replays",
    "hx-swap": "outerHTML",
  };
}

const TONES: Readonly<Record<ReplayState, Tone>> = {
  counting: "info",
  running: "info",
  paused: "warn",
  done: "ok",
  cancelled: "idle",
};

function Row({ run, names, webhookId }: { run: SeenReplay; names: Names; webhookId: string }): JSX.Element {
  return (
    <tr>
      <td data-label="Started" class="nowrap">
        <Time at={run.createdAt} relative />
      </td>
      <td data-label="Filter" safe>
        {describeSelection(run, names)}
      </td>
      <td data-label="Target" safe>
        {describeDestination(run, names)}
      </td>
      <td data-label="State">
        <Badge tone={TONES[run.state]} label={run.state} />
        <Why {...run} />
      </td>
      <td data-label="Progress">
        <Progress run={run} />
        <TargetList run={run} names={names} path={`${replaysPath(webhookId)}/${run.id}`} />
      </td>
      <td>
        <Actions run={run} path={`${replaysPath(webhookId)}/${run.id}`} />
      </td>
    </tr>
  );
}

function Why({ reason }: SeenReplay): JSX.Element {
  if (reason === null) return "";
  return (
    <span class="muted text-s replay-why" safe>
      {reason}
    </span>
  );
}

function Progress({ run }: { run: SeenReplay }): JSX.Element {
  const { matched, replayed, skipped, state } = run;
  const count = (n: number) => n.toLocaleString("en");
  const total =
    matched === null ? "" : ` of ${matched.isExact ? "" : "at least "}${count(matched.deliveries)}`;
  const notes = [
    skipped === 0 ? "" : `${count(skipped)} skipped: their target was deleted`,
    describeNotSearched(matched),
  ].filter((words) => words !== "");
  const isInProgress = state === "running" || state === "paused";
  return (
    <div class="replay-progress">
      {matched !== null && isInProgress && (
        <progress
          max={String(Math.max(1, matched.deliveries))}
          value={String(Math.min(replayed, matched.deliveries))}
          aria-label="Deliveries queued"
        ></progress>
      )}
      <span class="nowrap" safe>{`${count(replayed)}${total}`}</span>
      {notes.map((words) => (
        <span class="muted text-s" safe>
          {words}
        </span>
      ))}
    </div>
  );
}

function Actions({ run, path }: { run: SeenReplay; path: string }): JSX.Element {
  if (run.state === "done" || run.state === "cancelled") return "";
  const isPaused = run.state === "paused";
  const small = { size: "small", kind: "quiet" } as const;
  return (
    <div class="part-actions">
      <ActionButton
        {...small}
        icon={isPaused ? "play" : "pause"}
        label={isPaused ? "Resume" : "Pause"}
        describe={`${isPaused ? "Resume" : "Pause"} this replay`}
        action={`${path}/${isPaused ? "resume" : "pause"}`}
      />
      <ActionButton
        {...small}
        icon="cross"
        label="Cancel"
        describe="Cancel this replay"
        action={`${path}/cancel`}
        confirm="Cancel this replay? It cannot be resumed then. Deliveries that are queued already are still sent."
      />
    </div>
  );
}
