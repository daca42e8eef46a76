/** A webhook's page: its state, the next steps, its entrypoints and its targets. */
import { Html } from "@elysiajs/html";
import type { Growth } from "../../storage/event-db/numbers/growth.ts";
import type { TargetType } from "../../targets/target-type.ts";
import type { Provider } from "../../verification/provider.ts";
import type { Providers } from "../../verification/registry.ts";
import { includesRole } from "../../webhooks/people/roles.ts";
import type { EmptyPlace } from "../../webhooks/place-trials.ts";
import { Badge } from "../components/badge.tsx";
import { Button } from "../components/button.tsx";
import { PageHeader } from "../components/card.tsx";
import { Notice } from "../components/flash-line.tsx";
import { SecretOnce } from "../components/secret-once.tsx";
import { Layout } from "../layout.tsx";
import { Live, LiveBar, LiveBlock } from "../live/live-parts.tsx";
import { ManagedBadge } from "../managed/managed-views.tsx";
import { replaysPath } from "../replays/paths.ts";
import type { Flash, Viewer } from "../viewer.ts";
import { ActivityCard, type ChosenActivity, StoredCard } from "./activity-card.tsx";
import { type Choice, EVERY_ROW } from "./chosen-rows.ts";
import { LIST_CRUMB } from "./crumbs.ts";
import { EntrypointsCard, type NewEntrypoint } from "./entrypoints/entrypoints-card.tsx";
import { RefusedBadge } from "./entrypoints/refused.tsx";
import { isBeginning, NextSteps } from "./first-steps.tsx";
import { LostEvents } from "./lost-events.tsx";
import { logPath, sharingPath, webhookPath } from "./paths.ts";
import { ImportNotes } from "./storage/import-views.tsx";
import { StorageCard } from "./storage/storage-card.tsx";
import { TargetsCard } from "./targets/targets-card.tsx";
import type { WebhookState } from "./webhook-state.ts";

type SourceProps = Readonly<{
  viewer: Viewer;
  flash: Flash | null;
  state: WebhookState;
  /** Omitted if the page is only shown again with a form's errors. */
  growth?: Growth | null;
  activity?: ChosenActivity | null;
  config: Readonly<{ baseUrl: string; retentionDays: number }>;
  targetTypes: readonly TargetType[];
  providers: Pick<Providers, "find">;
  /** Suggested providers by entrypoint id. */
  suggestions?: ReadonlyMap<string, Provider>;
  /** Number of kept rejected requests by entrypoint id. */
  rejected?: ReadonlyMap<string, number>;
  /** Settings without values in recent requests, by entrypoint id and target id. */
  emptyPlaces?: ReadonlyMap<string, readonly EmptyPlace[]>;
  /** The reader's search among many targets. */
  targetChoice?: Choice;
  /** Addresses of the stream and of the page; omitted where the page does not follow. */
  live?: Readonly<{ src: string; href: string }>;
  /** Shows the first steps, though all are done: the page showed them before. */
  keepsSteps?: boolean;
  /** Typed values and errors of the form that adds an entrypoint. */
  newEntrypoint?: NewEntrypoint;
  /** A new signing secret, shown this one time. */
  newSecret?: Readonly<{ secret: string; of: string }> | null;
  /** Notes of an import, shown this one time. */
  imported?: readonly string[];
}>;

export function SourcePage(props: SourceProps): JSX.Element {
  const {
    viewer,
    flash,
    state,
    growth = null,
    activity = null,
    config,
    targetTypes,
    providers,
    newEntrypoint,
    newSecret,
    imported = [],
  } = props;
  const { webhook, file } = state;
  return (
    <Layout title={webhook.name} viewer={viewer} section="sources" crumbs={[LIST_CRUMB]} flash={flash}>
      <PageHeader title={webhook.name} badge={<Badges state={state} />}>
        {props.live !== undefined && <LiveBar {...props.live} />}
        <Button kind="primary" icon="inbox" label="Event log" href={logPath(webhook.id)} />
        <Button icon="replay" label="Replays" href={replaysPath(webhook.id)} />
        <Button icon="user" label="Sharing" href={sharingPath(webhook.id)} />
        <Button icon="edit" label="Settings" href={`${webhookPath(webhook.id)}/edit`} />
      </PageHeader>
      <div class="stack">
        {webhook.eventsLostAt !== null && <LostEvents webhook={webhook} at={webhook.eventsLostAt} />}
        {imported.length > 0 && <ImportNotes notes={imported} />}
        {newSecret ? (
          <SecretOnce title={`Signing secret of ${newSecret.of}`} secret={newSecret.secret} />
        ) : (
          ""
        )}
        {file.fault === null ? (
          <>
            <LiveBlock id="steps">
              {(props.keepsSteps || isBeginning(state, file)) && includesRole(webhook.role, "editor") && (
                <NextSteps state={state} file={file} baseUrl={config.baseUrl} />
              )}
            </LiveBlock>
            <LiveBlock id="numbers">
              {file.overview.lastEventAt !== null && (
                <>
                  {activity !== null && <ActivityCard webhookId={webhook.id} chosen={activity} />}
                  <StoredCard state={state} file={file} defaultDays={config.retentionDays} />
                </>
              )}
            </LiveBlock>
          </>
        ) : (
          <Notice
            tone="bad"
            text={file.fault.message}
            hint={`${file.fault.hint ?? ""} Until then senders get 503 and retry later. You can still change the settings below.`}
          />
        )}
        <LiveBlock id="entrypoints-part">
          <EntrypointsCard
            state={state}
            providers={providers}
            suggestions={props.suggestions}
            rejected={props.rejected}
            emptyPlaces={props.emptyPlaces}
            baseUrl={config.baseUrl}
            newEntrypoint={newEntrypoint}
          />
        </LiveBlock>
        <LiveBlock id="targets-part">
          <TargetsCard
            state={state}
            types={targetTypes}
            emptyPlaces={props.emptyPlaces}
            choice={props.targetChoice ?? EVERY_ROW}
          />
        </LiveBlock>
        {growth !== null && (
          <StorageCard webhook={webhook} growth={growth} defaultDays={config.retentionDays} />
        )}
      </div>
    </Layout>
  );
}

function Badges({ state }: { state: WebhookState }): JSX.Element {
  return (
    <Live id="health">
      <span class="live-part" data-live-part="health">
        <Badge tone={state.health.tone} label={state.health.label} />
        <ManagedBadge of={state.webhook} />
        <RefusedBadge refused={state.refused} />
      </span>
    </Live>
  );
}
