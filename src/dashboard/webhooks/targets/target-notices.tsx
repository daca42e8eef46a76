/** Says why the gateway disabled a target and what to do, and warns of settings that cannot work. */
import { Html } from "@elysiajs/html";
import type { Target } from "../../../webhooks/targets.ts";
import { Notice } from "../../components/flash-line.tsx";

export function TargetNotices({ target }: { target: Target }): JSX.Element {
  return (
    <>
      {target.deactivatedReason !== null && (
        <Notice
          tone="bad"
          text={target.deactivatedReason}
          hint="Its pending deliveries are paused, and it gets no new events. Enable it when it is available again, then replay what it missed."
        />
      )}
      {target.warning !== null && <Notice tone="warn" text={target.warning} />}
    </>
  );
}
