/** The last failures of a target, with the reason, the event and the request of each. */
import { Html } from "@elysiajs/html";
import type { TargetFailure } from "../../../storage/event-db/deliveries/target-failures.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { StateBadge } from "../../components/badge.tsx";
import { Card } from "../../components/card.tsx";
import { Time } from "../../components/values.tsx";
import { eventPath, sentPath } from "../../events/paths.ts";
import { attribute } from "../../render.ts";

export function FailuresCard({
  target,
  failures,
}: {
  target: Target;
  failures: readonly TargetFailure[];
}): JSX.Element {
  return (
    <Card title="Last failures" id="failures" flush>
      {failures.length === 0 ? (
        <p class="muted failures-none">No delivery has failed or is being retried.</p>
      ) : (
        <ol class="failures">
          {failures.map((failure) => (
            <Failure target={target} failure={failure} />
          ))}
        </ol>
      )}
    </Card>
  );
}

function Failure({ target, failure }: { target: Target; failure: TargetFailure }): JSX.Element {
  const { eventId, type, state, reason, nextAttemptAt, result } = failure;
  const { webhookId } = target;
  return (
    <li class="failure">
      <p class="failure-head">
        <a href={attribute(eventPath(webhookId, eventId))}>
          <bdi class="break" safe>
            {type ?? "Event"}
          </bdi>
        </a>
        <StateBadge state={state} />
        <span class="muted text-s">
          <span safe>{`attempt ${result.attempt}, `}</span>
          <Time at={result.startedAt} relative />
          {nextAttemptAt !== null && (
            <>
              , next <Time at={nextAttemptAt} ahead />
            </>
          )}
        </span>
        <a
          class="muted text-s"
          href={attribute(sentPath({ webhookId, eventId, resultId: result.id }))}
          aria-label={attribute(`request, attempt ${result.attempt} for ${type ?? "event"}`)}
        >
          request
        </a>
      </p>
      <p class="break text-s" safe>
        {textOf(reason, result.error)}
      </p>
    </li>
  );
}

function textOf(reason: string | null, error: string | null): string {
  if (reason === null) return error ?? "";
  return error === null || reason.includes(error) ? reason : `${reason} Last response: ${error}`;
}
