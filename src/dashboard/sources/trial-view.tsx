/** What a verification would have done with the requests that are stored. */
import { Html } from "@elysiajs/html";
import type { Trial } from "../../webhooks/verification-trial.ts";
import { Notice } from "../components/flash-line.tsx";
import { formatCount } from "../components/format.ts";
import { Time } from "../components/values.tsx";
import { eventPath } from "../events/paths.ts";

/** The first reasons say enough: most are the same. */
const MOST_SHOWN = 5;

export function TrialResult({ trial, webhookId }: { trial: Trial; webhookId: string }): JSX.Element {
  const { tried, accepted, refused } = trial;
  if (tried === 0) {
    return (
      <Notice
        tone="info"
        text="No request is stored that it could be tried on."
        hint="Let the provider send one first; test events of this dashboard do not count, as nobody signs them."
      />
    );
  }
  const tone = accepted === tried ? "ok" : accepted === 0 ? "bad" : "warn";
  const one = `It would have ${accepted === 1 ? "accepted" : "refused"} the one request that is stored.`;
  const text =
    tried === 1 ? one : `It would have accepted ${accepted} of the last ${formatCount(tried, "request")}.`;
  return (
    <div class="trial">
      <Notice tone={tone} text={text} hint="Nothing is saved yet." />
      {refused.length === 0 ? (
        ""
      ) : (
        <ul class="trial-reasons">
          {refused.slice(0, MOST_SHOWN).map(({ eventId, receivedAt, reason }) => (
            <li>
              <a href={eventPath(webhookId, eventId)}>
                <Time at={receivedAt} />
              </a>{" "}
              <span safe>{reason}</span>
            </li>
          ))}
          {refused.length > MOST_SHOWN ? (
            <li class="muted" safe>{`and ${refused.length - MOST_SHOWN} more`}</li>
          ) : (
            ""
          )}
        </ul>
      )}
    </div>
  );
}
