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
          It asked for a rest: its deliveries go on <Time at={flow.restsUntil} relative />.
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
        <strong safe>{formatCount(flow.held, "delivery", "deliveries")}</strong> held since it was paused{" "}
        <Time at={target.pausedAt ?? 0} relative />. New events are held too.
      </p>
      {flow.held > 0 ? (
        <div class="flow-actions">
          <ActionButton
            {...small}
            icon="send"
            label="Release all now"
            describe={`Release all now: what is held for target ${target.name}`}
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
        <strong safe>{formatCount(held, "held delivery", "held deliveries")}</strong>
        {flow.circuit.state === "closed" ? <Pace flow={flow} /> : " left, which go on once it answers."}
      </p>
      <div class="flow-actions">
        <ActionButton
          {...small}
          icon="send"
          label="Release all now"
          describe={`Release all now: what is held for target ${target.name}`}
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
      <span safe>{` left, about ${left}`}</span>
      <span class="muted" safe>
        {` (${rate} a second now, rising while it answers; new events go first)`}
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
        label="Look, or replay elsewhere"
        describe={`Look, or replay elsewhere: what is held for target ${name}`}
        href={logPath(webhookId, { target: id, status: "held" })}
      />
      <Button
        {...small}
        icon="trash"
        label="Discard…"
        describe={`Discard… what is held for target ${name}`}
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
        <strong safe>{reason ?? "It fails."}</strong> Its deliveries wait
        {since === null ? (
          ""
        ) : (
          <>
            {" "}
            (since <Time at={since} relative />)
          </>
        )}
        , and none of their tries is spent.{" "}
        {isGoing ? (
          <>Next try: {nextProbeAt === null ? "under way" : <Time at={nextProbeAt} relative />}.</>
        ) : (
          "The next is made once it is resumed or activated."
        )}
      </p>
      {isGoing ? (
        <div class="flow-actions">
          <ActionButton
            {...small}
            icon="replay"
            label="Try now"
            describe={`Try now: target ${target.name}`}
            action={`${targetPath(target)}/reset-circuit`}
          />
        </div>
      ) : (
        ""
      )}
    </div>
  );
}
