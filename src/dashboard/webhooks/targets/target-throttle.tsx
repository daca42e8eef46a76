/** Explains what currently holds back a target's deliveries, with the available actions. */
import { Html } from "@elysiajs/html";
import type { ThrottleView } from "../../../delivery/throttle/throttle-control.ts";
import type { Presence } from "../../../targets/pull/pulls.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import { formatCount, formatDuration } from "../../components/format.ts";
import { CopyLine, Time } from "../../components/values.tsx";
import { logPath, targetAction, targetPath } from "../paths.ts";

type Props = Readonly<{
  target: Target;
  throttle: ThrottleView;
  /** Actions lead back to the target's page, and not to its webhook's. */
  onOwnPage?: boolean | undefined;
}>;

export function TargetThrottle(props: Props): JSX.Element {
  const { target, throttle } = props;
  return (
    <>
      {target.active && target.pausedAt !== null && <Paused {...props} />}
      {throttle.circuit.state !== "closed" && <Open {...props} />}
      {target.active && throttle.pull !== null && <Pullers target={target} pull={throttle.pull} />}
      {throttle.drain !== null && <Draining {...props} />}
      {throttle.restsUntil !== null && (
        <p class="throttle-line muted">
          Rate-limited by the target (429/503). Resuming <Time at={throttle.restsUntil} ahead />.
        </p>
      )}
    </>
  );
}

/** Who fetches the deliveries, or since when nobody does and how to begin. */
function Pullers({ target, pull }: { target: Target; pull: Presence }): JSX.Element {
  const { isConnected, lastPullAt, leased } = pull;
  if (isConnected) {
    return (
      <p class="throttle-line muted">
        A program pulls from it<span safe>{leased === 0 ? "" : `, and works on ${leased} now`}</span>.
      </p>
    );
  }
  return (
    <div class="throttle-line">
      <p>
        {lastPullAt === null ? (
          <>No program has pulled from it yet.</>
        ) : (
          <>
            No program has pulled from it since <Time at={lastPullAt} />.
          </>
        )}{" "}
        Its deliveries wait, and don't use up attempts. After 7 days without a program the target is disabled.
      </p>
      <CopyLine
        text={`webhooker listen ${target.webhookId} --target ${target.id} --to http://localhost:3000`}
        label="Copy"
      />
    </div>
  );
}

const small = { size: "small", kind: "quiet" } as const;

function Paused({ target, throttle, onOwnPage }: Props): JSX.Element {
  return (
    <div class="throttle-line">
      <p>
        <strong safe>{formatCount(throttle.held, "delivery", "deliveries")}</strong> on hold since you paused
        this target <Time at={target.pausedAt ?? 0} relative />. New events are added to them.
      </p>
      {throttle.held > 0 && <HeldActions target={target} onOwnPage={onOwnPage} />}
    </div>
  );
}

function Draining({ target, throttle, onOwnPage }: Props): JSX.Element {
  const { held } = throttle;
  return (
    <div class="throttle-line">
      <p>
        <strong safe>{formatCount(held, "delivery", "deliveries")}</strong> still on hold
        {throttle.circuit.state === "closed" ? (
          <Pace throttle={throttle} />
        ) : (
          "; they continue once the target responds."
        )}
      </p>
      <HeldActions target={target} onOwnPage={onOwnPage} />
    </div>
  );
}

function HeldActions({ target, onOwnPage = false }: Omit<Props, "throttle">): JSX.Element {
  return (
    <div class="throttle-actions">
      <ActionButton
        {...small}
        icon="send"
        label="Release all now"
        describe={`Release all now: deliveries on hold for target ${target.name}`}
        action={targetAction(target, "release", onOwnPage)}
      />
      <HeldLinks target={target} />
    </div>
  );
}

function Pace({ throttle: { drain } }: Pick<Props, "throttle">): JSX.Element {
  const { perSecond = 0, estimateMs = 0 } = drain ?? {};
  const left = formatDuration(Math.max(1, Math.ceil(estimateMs / 1_000)) * 1_000);
  const rate = Math.max(1, Math.round(perSecond));
  return (
    <>
      <span safe>{`, about ${left} left`}</span>
      <span class="muted" safe>
        {` (${rate} per second now, rising while the target responds; new events go first)`}
      </span>
    </>
  );
}

function HeldLinks({ target }: { target: Target }): JSX.Element {
  const { name, id, webhookId } = target;
  return (
    <>
      <Button
        {...small}
        icon="replay"
        label="View or replay elsewhere"
        describe={`View or replay elsewhere: deliveries on hold for target ${name}`}
        href={logPath(webhookId, { target: id, status: "held" })}
      />
      <Button
        {...small}
        icon="trash"
        label="Discard…"
        describe={`Discard… deliveries on hold for target ${name}`}
        href={`${targetPath(target)}/discard-held`}
      />
    </>
  );
}

function Open({ target, throttle, onOwnPage = false }: Props): JSX.Element {
  const { reason, since, nextProbeAt } = throttle.circuit;
  const isRunning = target.active && target.pausedAt === null;
  const isOff = !target.active && target.deactivatedReason === null;
  return (
    <div class={isOff ? "throttle-line" : "throttle-line throttle-open"}>
      <p>
        <strong safe>{reason ?? "The target keeps failing."}</strong> Deliveries are paused
        {since !== null && (
          <>
            {" "}
            (since <Time at={since} relative />)
          </>
        )}{" "}
        and don't use up attempts.{" "}
        {isRunning ? (
          <>Next probe {nextProbeAt === null ? "is in progress" : <Time at={nextProbeAt} ahead />}.</>
        ) : (
          "It will be probed again once you resume or enable it."
        )}
      </p>
      {isRunning && (
        <div class="throttle-actions">
          <ActionButton
            {...small}
            icon="replay"
            label="Probe now"
            describe={`Probe now: target ${target.name}`}
            action={targetAction(target, "reset-circuit", onOwnPage)}
          />
        </div>
      )}
    </div>
  );
}
