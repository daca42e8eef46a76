/** Pauses or resumes a target; one whose deliveries are recorded with the events can only be disabled. */
import { Html } from "@elysiajs/html";
import type { TargetType } from "../../../targets/target-type.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { ActionButton } from "../../components/button.tsx";
import { targetAction } from "../paths.ts";

export function TargetSwitch(props: {
  target: Target;
  type: TargetType | undefined;
  /** Leads back to the target's page, and not to its webhook's. */
  onOwnPage?: boolean;
}): JSX.Element {
  const { target, type, onOwnPage = false } = props;
  const { name, active, pausedAt } = target;
  const look = onOwnPage ? ({} as const) : ({ size: "small", kind: "quiet" } as const);
  if (!active || type?.settlesAtIngest === true) {
    const label = active ? "Disable" : "Enable";
    return (
      <ActionButton
        {...look}
        icon={active ? "pause" : "play"}
        label={label}
        describe={`${label} target ${name}`}
        action={targetAction(target, "toggle", onOwnPage)}
        fields={{ active: String(!active) }}
      />
    );
  }
  const label = pausedAt === null ? "Pause" : "Resume";
  return (
    <ActionButton
      {...look}
      icon={pausedAt === null ? "pause" : "play"}
      label={label}
      describe={`${label} target ${name}`}
      action={targetAction(target, pausedAt === null ? "pause" : "resume", onOwnPage)}
    />
  );
}
