/** The page that confirms the deletion of a target and lists what is lost. */
import { Html } from "@elysiajs/html";
import type { Target } from "../../../webhooks/targets.ts";
import { ConfirmPage } from "../../components/confirm-page.tsx";
import { formatCount } from "../../components/format.ts";
import type { Viewer } from "../../viewer.ts";
import { crumbsWithin } from "../crumbs.ts";
import { targetPath, webhookPath } from "../paths.ts";
import type { WebhookState } from "../webhook-state.ts";
import { Goal } from "./goal.tsx";

export function DeleteTargetPage(props: {
  viewer: Viewer;
  state: WebhookState;
  target: Target;
}): JSX.Element {
  const { viewer, state, target } = props;
  const counts = state.file.fault === null ? state.file.targetOverviews.get(target.id)?.counts : undefined;
  const pending = (counts?.pending ?? 0) + (counts?.held ?? 0);
  return (
    <ConfirmPage
      title={`Delete target “${target.name}”?`}
      viewer={viewer}
      section="sources"
      crumbs={crumbsWithin(state.webhook)}
      action={`${targetPath(target)}/delete`}
      confirmLabel="Delete target"
      cancelHref={webhookPath(target.webhookId)}
    >
      <p>
        It goes to <Goal target={target} />.
      </p>
      <ul>
        <li safe>
          {state.file.fault !== null
            ? "The number of pending deliveries is unknown: the event file cannot be used now."
            : pending === 0
              ? "It has no pending deliveries."
              : `${formatCount(pending, "pending delivery is", "pending deliveries are")} discarded and never sent.`}
        </li>
        <li>Its settings and secrets are deleted.</li>
        <li>The events, and what was delivered before, stay in the log.</li>
      </ul>
      {target.active && (
        <p class="muted">To stop it for a while, pause it instead: its deliveries are then kept on hold.</p>
      )}
    </ConfirmPage>
  );
}
