/** The first line of a delivery's timeline: its next attempt and what that waits for, or why there is none. */
import { Html } from "@elysiajs/html";
import type { Delivery } from "../../../storage/event-db/types.ts";
import { Time } from "../../components/values.tsx";
import type { Wait } from "./wait.ts";

type Props = Readonly<{ delivery: Delivery; wait: Wait | null; isTargetDeleted: boolean }>;

export function NextStep({ delivery, wait, isTargetDeleted }: Props): JSX.Element {
  const { status, attempts, reason } = delivery;
  if (wait !== null) {
    const next = attempts === 0 ? "First attempt" : `Attempt ${attempts + 1}`;
    return (
      <li class={status === "held" ? "attempt attempt-idle" : "attempt attempt-next"}>
        <p class="attempt-line">
          <strong safe>{status === "held" ? "Held" : next}</strong>
          <span class="muted">{status === "held" ? <HoldText wait={wait} /> : <WaitText wait={wait} />}</span>
        </p>
      </li>
    );
  }
  if (status === "delivered" || reason === null) return "";
  return (
    <li class={status === "failed" ? "attempt attempt-bad" : "attempt attempt-idle"}>
      <p class="attempt-line">
        <strong>{status === "failed" ? "Gave up" : "Discarded"}</strong>
        <span class="muted" safe>
          {reason}
        </span>
      </p>
      {status === "failed" && !isTargetDeleted && <p class="muted text-s">Fix the target, then replay.</p>}
    </li>
  );
}

function HoldText({ wait }: { wait: Wait }): JSX.Element {
  if (wait.kind === "target disabled") return <>until the target is enabled</>;
  if (wait.kind !== "target paused") return <>until its turn: what was on hold is released gradually</>;
  return (
    <>
      since you paused the target <Time at={wait.since} relative />
    </>
  );
}

function WaitText({ wait }: { wait: Wait }): JSX.Element {
  switch (wait.kind) {
    case "target disabled":
      return <>waits until the target is enabled</>;
    case "target paused":
      return <>waits until you resume the target</>;
    case "lane":
      return <>waits its turn: an earlier delivery with the same order key goes first</>;
    case "circuit":
      return wait.nextProbeAt === null ? (
        <>waits: circuit open, a probe is in progress</>
      ) : (
        <>
          waits: circuit open, next probe <Time at={wait.nextProbeAt} ahead />
        </>
      );
    case "rate limit":
      return (
        <>
          waits: rate-limited by the target, resuming <Time at={wait.until} ahead />
        </>
      );
    case "puller":
      return wait.since === null ? (
        <>waits until a program pulls from the target</>
      ) : (
        <>
          waits: no program has pulled from the target since <Time at={wait.since} />
        </>
      );
    case "due time":
      return (
        <>
          due <Time at={wait.at} ahead />
        </>
      );
    default:
      return <>due now: in progress, or waits its turn</>;
  }
}

/** "7 of 12, next in 4 min, last response 500", after the badge of a delivery that is retrying. */
export function RetryLine(
  props: Readonly<{ delivery: Delivery; wait: Wait | null; maxAttempts: number | null }>,
): JSX.Element {
  const { delivery, wait, maxAttempts } = props;
  const { attemptsSinceReplay: attempts, results } = delivery;
  const last = results.at(-1);
  return (
    <span class="muted text-s">
      <span safe>{maxAttempts === null ? `after attempt ${attempts}` : `${attempts} of ${maxAttempts}`}</span>
      {wait?.kind === "due time" && (
        <>
          , next <Time at={wait.at} ahead />
        </>
      )}
      {last !== undefined && <span safe>{`, last response ${last.statusCode ?? "none"}`}</span>}
    </span>
  );
}
