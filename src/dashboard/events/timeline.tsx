/** One delivery with its attempts on a timeline: the next step first, then the attempts, newest first. */
import { Html } from "@elysiajs/html";
import type { Delivery, DeliveryResult } from "../../storage/event-db/types.ts";
import { Badge, StateBadge } from "../components/badge.tsx";
import { ActionButton } from "../components/button.tsx";
import { formatCount, formatDuration } from "../components/format.ts";
import { Time } from "../components/values.tsx";
import { attribute } from "../render.ts";
import { targetPath } from "../webhooks/paths.ts";
import type { BodyPicture } from "./body/body-picture.ts";
import { BodyView } from "./body/body-view.tsx";
import { HeaderTable } from "./body/header-table.tsx";
import { NextStep, RetryLine } from "./deliveries/next-step.tsx";
import type { Wait } from "./deliveries/wait.ts";
import { NameOf } from "./event-row.tsx";
import type { Named } from "./names.ts";
import { replayPath, resultBodyPath, sentPath } from "./paths.ts";

export type ShownAttempt = Readonly<{ result: DeliveryResult; picture: BodyPicture | null }>;

export type DeliveryProps = Readonly<{
  webhookId: string;
  delivery: Delivery;
  /** The last attempts, newest first. */
  attempts: readonly ShownAttempt[];
  earlierAttempts: number;
  target: Named;
  /** Null if it has ended. */
  wait: Wait | null;
  /** Limit on attempts since the last replay; null if there is none. */
  maxAttempts: number | null;
  query: string;
}>;

export function DeliveryView(props: DeliveryProps): JSX.Element {
  const { delivery, target, attempts, earlierAttempts, webhookId, query } = props;
  const [latest] = attempts;
  const isRetrying = delivery.status === "pending" && delivery.attemptsSinceReplay > 0;
  return (
    <section class="delivery" aria-label={attribute(`Delivery to ${target.name}`)}>
      <div class="delivery-head">
        <h3>
          {target.isDeleted ? (
            <NameOf named={target} />
          ) : (
            <a href={attribute(targetPath({ webhookId, id: delivery.targetId }))}>
              <NameOf named={target} />
            </a>
          )}
        </h3>
        <StateBadge state={isRetrying ? "retrying" : delivery.status} />
        {isRetrying && <RetryLine {...props} />}
        {target.isDeleted && <Badge tone="idle" label="target deleted" />}
        <span class="delivery-actions">
          {!target.isDeleted && (
            <ActionButton
              action={replayPath(webhookId, delivery.eventId, query)}
              fields={{ target_id: delivery.targetId }}
              label="Replay"
              icon="replay"
              size="small"
              describe={`Replay to ${target.name}`}
            />
          )}
        </span>
      </div>
      <ol class="attempts">
        <NextStep {...props} isTargetDeleted={target.isDeleted} />
        {attempts.map((each) => (
          <AttemptView {...each} delivery={delivery} webhookId={webhookId} isLatest={each === latest} />
        ))}
        {attempts.length === 0 && delivery.status === "delivered" && (
          <li class="attempt attempt-ok">
            <p class="attempt-line">
              <strong>Stored</strong> <span class="muted">when the event was received</span>
            </p>
          </li>
        )}
        {earlierAttempts > 0 && (
          <li class="attempt attempt-idle">
            <p class="muted" safe>
              {`${formatCount(earlierAttempts, "earlier attempt")} not shown`}
            </p>
          </li>
        )}
      </ol>
    </section>
  );
}

function AttemptView(
  props: ShownAttempt & Readonly<{ delivery: Delivery; webhookId: string; isLatest: boolean }>,
): JSX.Element {
  const { result, picture, delivery, webhookId, isLatest } = props;
  const isDelivered = result.error === null;
  const headers = result.responseHeaders ?? [];
  return (
    <li class={isDelivered ? "attempt attempt-ok" : "attempt attempt-bad"}>
      <p class="attempt-line">
        <strong safe>{`Attempt ${result.attempt}`}</strong>
        <StatusCode code={result.statusCode} isDelivered={isDelivered} />
        <span class="nowrap" safe>
          {formatDuration(result.durationMs)}
        </span>
        <span class="muted">
          <Time at={result.startedAt} />
        </span>
        <SentLink result={result} of={{ webhookId, eventId: delivery.eventId, resultId: result.id }} />
      </p>
      {result.error !== null && (
        <p class="attempt-error" safe>
          {result.error}
        </p>
      )}
      {result.statusCode !== null && (
        <details class="attempt-response" open={isLatest && !isDelivered}>
          <summary>Response</summary>
          <HeaderTable headers={headers} caption={`Response headers of attempt ${result.attempt}`} />
          {picture === null ? (
            <p class="muted">No body was kept.</p>
          ) : (
            <>
              <BodyView picture={picture} label={`Response body of attempt ${result.attempt}`} />
              <ResponseNotes result={result} picture={picture} delivery={delivery} webhookId={webhookId} />
            </>
          )}
        </details>
      )}
    </li>
  );
}

function SentLink(props: {
  result: DeliveryResult;
  of: Readonly<{ webhookId: string; eventId: string; resultId: string }>;
}): JSX.Element {
  const { attempt, transformationVersion: version, statusCode, error } = props.result;
  // Delivered without a response: its type of target sends no request.
  if (version === null && statusCode === null && error === null) return "";
  const label = version === null ? "request" : `transformed by version ${version}`;
  return (
    <a class="muted" href={attribute(sentPath(props.of))} aria-label={`${label}, attempt ${attempt}`} safe>
      {label}
    </a>
  );
}

function ResponseNotes(
  props: Readonly<{ result: DeliveryResult; picture: BodyPicture; delivery: Delivery; webhookId: string }>,
): JSX.Element {
  const { result, picture, delivery, webhookId } = props;
  const href = resultBodyPath({ webhookId, eventId: delivery.eventId, resultId: result.id });
  if (picture.kind === "empty") return "";
  return (
    <p class="body-notes muted text-s">
      {picture.isCut && <span>Only the beginning is shown.</span>}
      {result.responseBodyTruncated && <span>The response was longer than the part that is kept.</span>}
      <a href={attribute(href)} hx-boost="false">
        Raw
      </a>
    </p>
  );
}

/** Shows the response status; not every target type has one. */
function StatusCode({ code, isDelivered }: { code: number | null; isDelivered: boolean }): JSX.Element {
  if (code === null) return isDelivered ? "" : <span class="status-code status-bad">no response</span>;
  const tone = code < 300 ? "ok" : code < 400 ? "warn" : "bad";
  return <span class={`status-code status-${tone}`}>{code}</span>;
}
