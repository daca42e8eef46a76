/** Explains what currently holds back a target's deliveries, with the available actions. */
import { Html } from "@elysiajs/html";
import type { ThrottleView } from "../../../delivery/throttle/throttle-control.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import { formatCount, formatDuration } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import { logPath, targetPath } from "../paths.ts";

type Props = Readonly<{ target: Target; throttle: ThrottleView }>;

export function TargetThrottle({ target, throttle }: Props): JSX.Element {
  return (
    <>
      {target.active && target.pausedAt !== null && <Paused target={target} throttle={throttle} />}
      {throttle.circuit.state !== "closed" && <Open target={target} throttle={throttle} />}
      {throttle.drain !== null && <Draining target={target} throttle={throttle} />}
      {throttle.restsUntil !== null && (
        <p class="throttle-line muted">
          Rate-limited by the target (429/503). Resuming <Time at={throttle.restsUntil} ahead />.
        </p>
      )}
    </>
  );
}

const small = { size: "small", kind: "quiet" } as const;

function Paused({ target, throttle }: Props): JSX.Element {
  return (
    <div class="throttle-line">
      <p>
        <strong safe>{formatCount(throttle.held, "delivery", "deliveries")}</strong> on hold since you paused
        this target <Time at={target.pausedAt ?? 0} relative />. New events are added to them.
      </p>
      {throttle.held > 0 && <HeldActions target={target} />}
    </div>
  );
}

function Draining({ target, throttle }: Props): JSX.Element {
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
      <HeldActions target={target} />
    </div>
  );
}

function HeldActions({ target }: Pick<Props, "target">): JSX.Element {
  return (
    <div class="throttle-actions">
      <ActionButton
        {...small}
        icon="send"
        label="Release all now"
        describe={`Release all now: deliveries on hold for target ${target.name}`}
        action={`${targetPath(target)}/release`}
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

function Open({ target, throttle }: Props): JSX.Element {
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
            action={`${targetPath(target)}/reset-circuit`}
          />
        </div>
      )}
    </div>
  );
}
