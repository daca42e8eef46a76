/** A warning that a webhook's events are lost because its event file was missing. */
import { Html } from "@elysiajs/html";
import type { Webhook } from "../../webhooks/webhooks.ts";
import { ActionButton } from "../components/button.tsx";
import { Notice } from "../components/flash-line.tsx";
import { formatUtc } from "../components/format.ts";
import { ManualLink } from "../components/manual-link.tsx";
import { webhookPath } from "./paths.ts";

export function LostEvents({ webhook, at }: { webhook: Webhook; at: number }): JSX.Element {
  return (
    <Notice
      tone="warn"
      text={`The event file was missing on ${formatUtc(at)}, and an empty one was created: earlier events are lost.`}
      hint="If you have a backup, stop the gateway, restore the file, and start the gateway again."
    >
      <ActionButton
        size="small"
        label="Dismiss"
        describe="Dismiss the warning of lost events"
        action={`${webhookPath(webhook.id)}/lost-events/dismiss`}
      />
      <ManualLink to="recovery" />
    </Notice>
  );
}
