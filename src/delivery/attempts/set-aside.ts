/** Looks at the attempts that a crash cut off: drops those that had ended, and gives up those that crashed it twice. */

import type { Clock } from "../../lib/clock.ts";
import { errorMessage } from "../../lib/errors.ts";
import { newId } from "../../lib/ids.ts";
import { nextTurn } from "../../lib/pauses.ts";
import type { Logger } from "../../observability/log.ts";
import type { AttemptJournal } from "../../storage/attempt-journal/attempt-journal.ts";
import type { Suspect } from "../../storage/attempt-journal/records.ts";
import type { PendingState } from "../../storage/event-db/deliveries/due-deliveries.ts";
import type { Settlement } from "../../storage/event-db/types.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import type { TargetNotices } from "../target-notices.ts";
import type { Suspects } from "./suspects.ts";

/** Suspects looked up in one turn of the event loop. */
const STEP = 50;

type Deps = Readonly<{
  events: Pick<EventStore, "findPendingState" | "settle">;
  journal: AttemptJournal;
  suspects: Suspects;
  clock: Clock;
  log: Logger;
  notices?: Pick<TargetNotices, "targetGivenUp"> | undefined;
  isStopping: () => boolean;
}>;

/** Never rejects. A delivery whose file cannot be read now stays a suspect. */
export async function lookAtLeftBehind(deps: Deps): Promise<void> {
  const { journal, suspects, isStopping } = deps;
  const { culprits } = journal.left;
  if (culprits.length + journal.left.suspects.length === 0) return;
  for (const culprit of culprits) await setAside(deps, culprit);
  let looked = 0;
  for (const suspect of [...suspects.all()]) {
    if (isStopping()) return;
    const found = await findSuspect(deps, suspect);
    if (found === null) suspects.drop(suspect);
    if (++looked % STEP === 0) await nextTurn();
  }
  const left = [...suspects.all()];
  if (left.length > 0) {
    deps.log.warn("the gateway crashed during delivery attempts; they will be retried last, one at a time", {
      deliveries: left.length,
    });
  }
}

/** Returns the delivery as it was when the process died; null where its attempt had ended, or it is gone. */
async function findSuspect(
  { events }: Pick<Deps, "events">,
  { webhookId, targetId, eventId, attempt }: Suspect,
): Promise<PendingState | "unknown" | null> {
  try {
    const found = await events.findPendingState({ webhookId, targetId, eventId });
    return found !== null && (attempt === 0 || found.attempts + 1 === attempt) ? found : null;
  } catch (error) {
    return isGone(error) ? null : "unknown";
  }
}

function isGone(error: unknown): boolean {
  return typeof error === "object" && error !== null && "kind" in error && error.kind === "not_found";
}

async function setAside(deps: Deps, culprit: Suspect): Promise<void> {
  const { events, suspects, clock, log, notices } = deps;
  const found = await findSuspect(deps, culprit);
  if (found === "unknown") return;
  suspects.drop(culprit);
  if (found === null) return;
  const { webhookId, targetId, eventId } = culprit;
  const settlement = settlementOf(found, culprit, clock.now());
  const names = { webhook_id: webhookId, target_id: targetId, event_id: eventId };
  try {
    await events.settle(webhookId, settlement);
    log.error("a delivery was set aside: the gateway stopped repeatedly during its attempt", {
      ...names,
      deaths: culprit.deaths,
    });
    notices?.targetGivenUp({ webhookId, targetId, reason: settlement.reason ?? "" });
  } catch (error) {
    log.error("a delivery could not be set aside", { ...names, cause: errorMessage(error) });
  }
}

function settlementOf(found: PendingState, { eventId, targetId, deaths }: Suspect, now: number): Settlement {
  const fault = `the gateway stopped ${deaths === 2 ? "twice" : `${deaths} times`} during this attempt`;
  return {
    eventId,
    targetId,
    replays: found.replays,
    status: "failed",
    nextAttemptAt: null,
    reason: `Set aside: ${fault}. Replay the event to retry.`,
    result: {
      id: newId(),
      attempt: found.attempts + 1,
      startedAt: now,
      durationMs: 0,
      statusCode: null,
      error: fault,
      responseHeaders: null,
      responseBody: null,
      responseBodyTruncated: false,
      transformationVersion: null,
      transformationFailed: false,
    },
  };
}
