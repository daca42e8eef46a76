/** What a verification would have done with the requests that are stored, and with those that were rejected. */
import { Html } from "@elysiajs/html";
import type { Trial, TrialResult } from "../../../webhooks/verification-trial.ts";
import { Notice } from "../../components/flash-line.tsx";
import { formatCount } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import { eventPath } from "../../events/paths.ts";
import { rejectedRequestPath } from "../../rejected/paths.ts";
import { attribute } from "../../render.ts";

/** The first reasons say enough: most are the same. */
const MOST_SHOWN = 5;

export function TrialNotices({ trial, webhookId }: { trial: Trial; webhookId: string }): JSX.Element {
  const { events, rejected } = trial;
  const isNothing = [events, rejected].every(({ tried, untried }) => tried + untried === 0);
  if (isNothing) {
    return (
      <Notice
        tone="info"
        text="No request is stored that it could be tried on."
        hint="Let the provider send one first; test events of this dashboard do not count, as nobody signs them."
      />
    );
  }
  return (
    <>
      {events.tried === 0 ? "" : <OfEvents result={events} webhookId={webhookId} />}
      {rejected.tried === 0 ? "" : <OfRejected result={rejected} webhookId={webhookId} />}
      {events.untried === 0 ? (
        ""
      ) : (
        <Notice
          tone="info"
          text={`${formatCount(events.untried, "event")} cannot be tried: the secret of an event's sender is not stored.`}
        />
      )}
      {rejected.untried === 0 ? (
        ""
      ) : (
        <Notice
          tone="info"
          text={`${formatCount(rejected.untried, "rejected request")} cannot be tried: the secret that came with it is not kept any more, or was sealed with another SECRET_KEY.`}
        />
      )}
    </>
  );
}

type ResultProps = Readonly<{ result: TrialResult; webhookId: string }>;

function OfEvents({ result, webhookId }: ResultProps): JSX.Element {
  const { tried, accepted } = result;
  const tone = accepted === tried ? "ok" : accepted === 0 ? "bad" : "warn";
  const one = `It would have ${accepted === 1 ? "accepted" : "refused"} the one event that is stored.`;
  const text =
    tried === 1 ? one : `It would have accepted ${accepted} of the last ${formatCount(tried, "event")}.`;
  return (
    <div class="trial">
      <Notice tone={tone} text={text} hint="Nothing is saved yet." />
      <Reasons result={result} hrefOf={(id) => eventPath(webhookId, id)} />
    </div>
  );
}

/** That some stay refused is no fault of the verification: they may be forged. */
function OfRejected({ result, webhookId }: ResultProps): JSX.Element {
  const { tried, accepted } = result;
  const one = `It would ${accepted === 1 ? "accept" : "refuse again"} the one rejected request that is kept.`;
  const many = `It would accept ${accepted} of the last ${formatCount(tried, "rejected request")} that are kept.`;
  return (
    <div class="trial">
      <Notice
        tone={accepted > 0 ? "ok" : "info"}
        text={tried === 1 ? one : many}
        hint={
          accepted > 0
            ? "Save it, then verify them again: those that pass become events."
            : "Nothing is saved yet."
        }
      />
      <Reasons result={result} hrefOf={(id) => rejectedRequestPath(webhookId, id)} />
    </div>
  );
}

function Reasons(props: { result: TrialResult; hrefOf: (id: string) => string }): JSX.Element {
  const { result, hrefOf } = props;
  const { refused } = result;
  if (refused.length === 0) return "";
  return (
    <ul class="trial-reasons">
      {refused.slice(0, MOST_SHOWN).map(({ id, receivedAt, reason }) => (
        <li>
          <a href={attribute(hrefOf(id))}>
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
  );
}
