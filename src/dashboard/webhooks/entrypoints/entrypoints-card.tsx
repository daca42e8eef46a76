/** Entrypoints on their webhook's page. */
import { Html } from "@elysiajs/html";
import type { RefusalReason } from "../../../storage/main-db/refusals.ts";
import type { Provider } from "../../../verification/provider.ts";
import type { Providers } from "../../../verification/registry.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { EmptyPlace } from "../../../webhooks/place-trials.ts";
import type { Webhook } from "../../../webhooks/webhooks.ts";
import { Badge } from "../../components/badge.tsx";
import { ActionButton, Button } from "../../components/button.tsx";
import { Card, EmptyState } from "../../components/card.tsx";
import { TextField } from "../../components/field-row.tsx";
import { CodeBlock, CopyLine, Time } from "../../components/values.tsx";
import { type FieldErrors, type FormInput, NO_ERRORS } from "../../forms.ts";
import { ManagedBadge } from "../../managed/managed-views.tsx";
import { isPermitted } from "../../permitted.ts";
import { sendPath } from "../../send/paths.ts";
import { EditAndDelete } from "../edit-and-delete.tsx";
import { FormFaults } from "../form-faults.tsx";
import { entrypointPath, entrypointUrl, verificationPath, webhookPath } from "../paths.ts";
import type { WebhookState } from "../webhook-state.ts";
import { curlCommand } from "./curl.ts";
import { EmptyPlaces } from "./empty-places.tsx";
import { RefusedLine } from "./refused.tsx";
import { RejectedOffer } from "./rejected-offer.tsx";
import { Suggestion } from "./suggestion.tsx";

export type NewEntrypoint = Readonly<{ values: FormInput; errors: FieldErrors }>;

type CardProps = Readonly<{
  state: WebhookState;
  providers: Pick<Providers, "find">;
  /** Suggested provider by entrypoint id. */
  suggestions?: ReadonlyMap<string, Provider> | undefined;
  /** Number of kept rejected requests by entrypoint id. */
  rejected?: ReadonlyMap<string, number> | undefined;
  /** Settings without values by entrypoint id. */
  emptyPlaces?: ReadonlyMap<string, readonly EmptyPlace[]> | undefined;
  baseUrl: string;
  newEntrypoint?: NewEntrypoint | undefined;
}>;

export function EntrypointsCard({
  state,
  providers,
  suggestions,
  rejected,
  emptyPlaces,
  baseUrl,
  newEntrypoint,
}: CardProps): JSX.Element {
  const { entrypoints, file } = state;
  return (
    <Card
      title="Entrypoints"
      lead="URLs that receive events."
      id="entrypoints"
      flush
      actions={
        entrypoints.some(({ active }) => active) ? (
          <Button size="small" icon="send" label="Send an event" href={sendPath(state.webhook.id)} />
        ) : (
          ""
        )
      }
    >
      {entrypoints.length === 0 ? (
        <EmptyState title="No URL yet" text="Add an entrypoint to get a URL for the sender." />
      ) : (
        <ul class="parts">
          {entrypoints.map((entrypoint) => (
            <Row
              entrypoint={entrypoint}
              providers={providers}
              suggested={suggestions?.get(entrypoint.id)}
              rejected={rejected?.get(entrypoint.id) ?? 0}
              refused={state.refused.get(entrypoint.id)}
              emptyPlaces={emptyPlaces?.get(entrypoint.id) ?? []}
              baseUrl={baseUrl}
              lastEventAt={file.fault === null ? (file.lastEvents.get(entrypoint.id) ?? null) : null}
              isKnown={file.fault === null}
            />
          ))}
        </ul>
      )}
      <AddForm webhook={state.webhook} newEntrypoint={newEntrypoint} />
    </Card>
  );
}

function Row(props: {
  entrypoint: Entrypoint;
  providers: Pick<Providers, "find">;
  suggested: Provider | undefined;
  rejected: number;
  refused: ReadonlyMap<RefusalReason, number> | undefined;
  emptyPlaces: readonly EmptyPlace[];
  baseUrl: string;
  lastEventAt: number | null;
  isKnown: boolean;
}): JSX.Element {
  const { entrypoint, providers, suggested, rejected, emptyPlaces, baseUrl, lastEventAt, isKnown } = props;
  const { name, active } = entrypoint;
  const url = entrypointUrl(baseUrl, entrypoint.id);
  return (
    <li class="part">
      <div class="part-head">
        <div class="part-title">
          <h3 safe>{name}</h3>
          {active ? <Badge tone="ok" label="active" /> : <Badge tone="idle" label="disabled" />}
          <VerificationBadge entrypoint={entrypoint} providers={providers} />
          <ManagedBadge of={entrypoint} />
        </div>
        <Actions entrypoint={entrypoint} />
      </div>
      {entrypoint.showsUrl && <CopyLine text={url} label="Copy URL" />}
      {suggested !== undefined && <Suggestion entrypoint={entrypoint} provider={suggested} />}
      {rejected > 0 && <RejectedOffer entrypoint={entrypoint} count={rejected} />}
      <RefusedLine byReason={props.refused} />
      <EmptyPlaces places={emptyPlaces} />
      <div class="part-foot">
        <p class="muted">
          {!isKnown ? (
            "Last event: unknown"
          ) : lastEventAt === null ? (
            "No event yet"
          ) : (
            <>
              Last event <Time at={lastEventAt} relative />
            </>
          )}
        </p>
        {active && !entrypoint.showsUrl ? (
          ""
        ) : active ? (
          <details class="curl">
            <summary>Send an event with curl</summary>
            <CodeBlock text={curlCommand(url)} />
          </details>
        ) : (
          <p class="muted">Senders get 410 Gone.</p>
        )}
      </div>
    </li>
  );
}

function VerificationBadge(props: {
  entrypoint: Entrypoint;
  providers: Pick<Providers, "find">;
}): JSX.Element {
  const { verification } = props.entrypoint;
  if (verification === null) return "";
  const { type, fault } = verification;
  if (fault !== null) return <Badge tone="bad" label="cannot verify: responds 503" title={fault} />;
  return <Badge tone="ok" label={`verified: ${props.providers.find(type)?.label ?? type}`} />;
}

function Actions({ entrypoint }: { entrypoint: Entrypoint }): JSX.Element {
  const { name, active } = entrypoint;
  const path = entrypointPath(entrypoint);
  const small = { size: "small", kind: "quiet" } as const;
  return (
    <div class="part-actions">
      {active && (
        <ActionButton
          {...small}
          kind="plain"
          icon="send"
          label="Send test event"
          describe={`Send test event to ${name}`}
          action={`${path}/test`}
        />
      )}
      <ActionButton
        {...small}
        icon={active ? "pause" : "play"}
        label={active ? "Disable" : "Enable"}
        describe={`${active ? "Disable" : "Enable"} entrypoint ${name}`}
        action={`${path}/toggle`}
        fields={{ active: String(!active) }}
      />
      <Button
        {...small}
        icon="key"
        label="Verification"
        describe={`Verification of entrypoint ${name}`}
        href={verificationPath(entrypoint)}
      />
      <EditAndDelete what={`entrypoint ${name}`} path={path} />
    </div>
  );
}

function AddForm({
  webhook,
  newEntrypoint,
}: {
  webhook: Webhook;
  newEntrypoint?: NewEntrypoint | undefined;
}): JSX.Element {
  const errors = newEntrypoint?.errors ?? NO_ERRORS;
  const action = `${webhookPath(webhook.id)}/entrypoints`;
  if (!isPermitted("POST", action)) return "";
  return (
    <details class="part-add" open={newEntrypoint !== undefined}>
      <summary>Add an entrypoint</summary>
      <form class="part-add-form" method="post" action={action}>
        <FormFaults errors={errors} shown={["name"]} />
        <TextField
          name="name"
          label="Name"
          value={newEntrypoint?.values.name}
          error={errors.name}
          placeholder="Entrypoint"
          maxlength={200}
          idPrefix="entrypoint-"
          optional
        />
        <Button icon="plus" label="Add entrypoint" />
      </form>
    </details>
  );
}
