/** Numbers of a target's deliveries by state, and the outcome of its last attempt. */
import { Html } from "@elysiajs/html";
import type { EventFate } from "../../../storage/event-db/event-filter.ts";
import type { TargetOverview } from "../../../storage/event-db/numbers/overview.ts";
import type { RetryingCount } from "../../../storage/event-db/numbers/retrying.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { Time } from "../../components/values.tsx";
import { Count } from "../count.tsx";
import { logPath } from "../paths.ts";

export function TargetNumbers(props: {
  target: Target;
  overview: TargetOverview | undefined;
  retrying: RetryingCount | undefined;
  settlesAtIngest: boolean;
}): JSX.Element {
  const { target, overview, retrying, settlesAtIngest } = props;
  const isOff = !target.active && target.deactivatedReason === null;
  const log = (status: EventFate) => logPath(target.webhookId, { target: target.id, status });
  const { counts, filtered, lastResult } = overview ?? { counts: null, filtered: 0, lastResult: null };
  return (
    <dl class="stats part-stats">
      <div>
        <dt>Delivered</dt>
        <dd>
          <Count n={counts?.delivered ?? 0} />
        </dd>
      </div>
      <div>
        <dt>Pending</dt>
        <dd>
          <Count n={counts?.pending ?? 0} href={log("pending")} />
        </dd>
      </div>
      {retrying !== undefined && retrying.count > 0 && (
        <div>
          <dt>Retrying</dt>
          <dd>
            <Count n={retrying.count} href={log("retrying")} isMinimum={!retrying.isExact} />
          </dd>
        </div>
      )}
      {counts !== null && counts.held > 0 && (
        <div>
          <dt>Held</dt>
          <dd>
            <Count n={counts.held} href={log("held")} />
          </dd>
        </div>
      )}
      <div>
        <dt>Failed</dt>
        <dd>
          <Count n={counts?.failed ?? 0} bad={!isOff} href={log("failed")} />
        </dd>
      </div>
      {counts !== null && counts.discarded > 0 && (
        <div>
          <dt>Discarded</dt>
          <dd>
            <Count n={counts.discarded} href={log("discarded")} />
          </dd>
        </div>
      )}
      {filtered > 0 ? (
        <div>
          <dt>Filtered</dt>
          <dd>
            <Count n={filtered} href={log("filtered")} />
          </dd>
        </div>
      ) : (
        ""
      )}
      <div class="stat-wide">
        <dt>Last attempt</dt>
        <dd>
          {lastResult !== null ? (
            <LastAttempt result={lastResult} isOff={isOff} />
          ) : (
            <span class="muted">{settlesAtIngest ? "with each event" : "none yet"}</span>
          )}
        </dd>
      </div>
    </dl>
  );
}

function LastAttempt(props: {
  result: NonNullable<TargetOverview["lastResult"]>;
  /** A user disabled the target: its failures are no alarm. */
  isOff: boolean;
}): JSX.Element {
  const { result, isOff } = props;
  const { at, delivered, statusCode, error } = result;
  const text = delivered ? (statusCode === null ? "done" : String(statusCode)) : (error ?? "failed");
  return (
    <>
      <span class={delivered ? "text-ok" : isOff ? "muted" : "text-bad"} safe>
        {text}
      </span>{" "}
      <span class="muted">
        <Time at={at} relative />
      </span>
    </>
  );
}
