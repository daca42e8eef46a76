/** Shows how a verification would have judged stored events and rejected requests. */
import { Html } from "@elysiajs/html";
import type { Trial, TrialResult } from "../../../webhooks/verification-trial.ts";
import { Notice } from "../../components/flash-line.tsx";
import { formatCount } from "../../components/format.ts";
import { Time } from "../../components/values.tsx";
import { eventPath } from "../../events/paths.ts";
import { rejectedRequestPath } from "../../rejected/paths.ts";
import { attribute } from "../../render.ts";

/** Maximum number of listed reasons; most are the same. */
const MOST_SHOWN = 5;

export function TrialNotices({ trial, webhookId }: { trial: Trial; webhookId: string }): JSX.Element {
  const { events, rejected } = trial;
  const isNothing = [events, rejected].every(({ tried, untried }) => tried + untried === 0);
  if (isNothing) {
    return (
      <Notice
        tone="info"
        text="There is no stored request to test this on."
        hint="Let the provider send one first. Test events from this dashboard do not count because they are not signed."
      />
    );
  }
  return (
    <>
      {events.tried !== 0 && <OfEvents result={events} webhookId={webhookId} />}
      {rejected.tried !== 0 && <OfRejected result={rejected} webhookId={webhookId} />}
      {events.untried !== 0 && (
        <Notice
          tone="info"
          text={`${formatCount(events.untried, "event")} cannot be tested: secrets sent with events are not stored.`}
        />
      )}
      {rejected.untried !== 0 && (
        <Notice
          tone="info"
          text={`${formatCount(rejected.untried, "rejected request")} cannot be tested: the secret sent with it is no longer kept, or was sealed with another SECRET_KEY.`}
        />
      )}
    </>
  );
}

type ResultProps = Readonly<{ result: TrialResult; webhookId: string }>;

function OfEvents({ result, webhookId }: ResultProps): JSX.Element {
  const { tried, accepted } = result;
  const tone = accepted === tried ? "ok" : accepted === 0 ? "bad" : "warn";
  const one = `The one event that is stored would ${accepted === 1 ? "pass" : "be refused"}.`;
  const text =
    tried === 1 ? one : `${amountOf(result)} of the last ${formatCount(tried, "event")} would pass.`;
  return (
    <div class="trial">
      <Notice tone={tone} text={text} hint="Nothing is saved yet." />
      <Reasons result={result} hrefOf={(id) => eventPath(webhookId, id)} />
    </div>
  );
}

/** Refused requests here are no fault of the verification: they may be forged. */
function OfRejected({ result, webhookId }: ResultProps): JSX.Element {
  const { tried, accepted } = result;
  const one = `The one rejected request that is kept would ${accepted === 1 ? "pass" : "be refused again"}.`;
  const many = `${amountOf(result)} of the last ${formatCount(tried, "rejected request")} that are kept would pass.`;
  return (
    <div class="trial">
      <Notice
        tone={accepted > 0 ? "ok" : "info"}
        text={tried === 1 ? one : many}
        hint={
          accepted > 0
            ? "Save it, then re-check them: those that pass become events."
            : "Nothing is saved yet."
        }
      />
      <Reasons result={result} hrefOf={(id) => rejectedRequestPath(webhookId, id)} />
    </div>
  );
}

function amountOf({ tried, accepted }: TrialResult): string {
  if (accepted === 0) return "None";
  return accepted === tried ? "All" : accepted.toLocaleString("en");
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
      {refused.length > MOST_SHOWN && <li class="muted" safe>{`and ${refused.length - MOST_SHOWN} more`}</li>}
    </ul>
  );
}
