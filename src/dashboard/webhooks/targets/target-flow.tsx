/** What holds a target's deliveries back at this moment, in words, with what can be done about it. */
import { Html } from "@elysiajs/html";
import type { TargetFlowView } from "../../../delivery/throttle/flow-control.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { ActionButton, Button } from "../../components/button.tsx";
import { formatCount, formatDuration } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import { logPath, targetPath } from "../paths.ts";

type Props = Readonly<{ target: Target; flow: TargetFlowView }>;

export function TargetFlow({ target, flow }: Props): JSX.Element {
  return (
    <>
      {target.active && target.pausedAt !== null ? <Paused target={target} flow={flow} /> : ""}
      {flow.circuit.state === "closed" ? "" : <Open target={target} flow={flow} />}
      {flow.drain ? <Draining target={target} flow={flow} /> : ""}
      {flow.restsUntil === null ? (
        ""
      ) : (
        <p class="flow-line muted">
          Rate-limited by the target (429/503). Resuming <Time at={flow.restsUntil} ahead />.
        </p>
      )}
    </>
  );
}

const small = { size: "small", kind: "quiet" } as const;

function Paused({ target, flow }: Props): JSX.Element {
  const path = targetPath(target);
  return (
    <div class="flow-line">
      <p>
        <strong safe>{formatCount(flow.held, "delivery", "deliveries")}</strong> on hold since you paused this
        target <Time at={target.pausedAt ?? 0} relative />. New events are added to them.
      </p>
      {flow.held > 0 ? (
        <div class="flow-actions">
          <ActionButton
            {...small}
            icon="send"
            label="Release all now"
            describe={`Release all now: deliveries on hold for target ${target.name}`}
            action={`${path}/release`}
          />
          <HeldLinks target={target} />
        </div>
      ) : (
        ""
      )}
    </div>
  );
}

function Draining({ target, flow }: Props): JSX.Element {
  const { held } = flow;
  return (
    <div class="flow-line">
      <p>
        <strong safe>{formatCount(held, "delivery", "deliveries")}</strong> still on hold
        {flow.circuit.state === "closed" ? <Pace flow={flow} /> : "; they continue once the target responds."}
      </p>
      <div class="flow-actions">
        <ActionButton
          {...small}
          icon="send"
          label="Release all now"
          describe={`Release all now: deliveries on hold for target ${target.name}`}
          action={`${targetPath(target)}/release`}
        />
        <HeldLinks target={target} />
      </div>
    </div>
  );
}

function Pace({ flow: { drain } }: Pick<Props, "flow">): JSX.Element {
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

function Open({ target, flow }: Props): JSX.Element {
  const { reason, since, nextProbeAt } = flow.circuit;
  const isGoing = target.active && target.pausedAt === null;
  return (
    <div class="flow-line flow-open">
      <p>
        <strong safe>{reason ?? "The target keeps failing."}</strong> Deliveries are paused
        {since === null ? (
          ""
        ) : (
          <>
            {" "}
            (since <Time at={since} relative />)
          </>
        )}{" "}
        and don't use up attempts.{" "}
        {isGoing ? (
          <>Next probe {nextProbeAt === null ? "is in progress" : <Time at={nextProbeAt} ahead />}.</>
        ) : (
          "It will be probed again once you resume or enable it."
        )}
      </p>
      {isGoing ? (
        <div class="flow-actions">
          <ActionButton
            {...small}
            icon="replay"
            label="Probe now"
            describe={`Probe now: target ${target.name}`}
            action={`${targetPath(target)}/reset-circuit`}
          />
        </div>
      ) : (
        ""
      )}
    </div>
  );
}
