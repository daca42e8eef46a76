/** Begins attempts, many at a time, and sees each through to its stored result. */
import type { AttemptJournal } from "../../storage/attempt-journal/attempt-journal.ts";
import type { Suspect } from "../../storage/attempt-journal/records.ts";
import type { DueDelivery } from "../../storage/event-db/types.ts";
import type { OpenedTarget } from "../open-target.ts";
import type { Places } from "../slots.ts";
import type { Lane, Lanes } from "../target-queue.ts";
import type { Throttles } from "../throttle/throttles.ts";
import { type Attempt, type AttemptDeps, runAttempt, storeLater, storeOnce } from "./attempt.ts";
import type { Suspects } from "./suspects.ts";

/** Launches take no longer at a time, as each makes its request ready. */
const LAUNCH_MS = 5;

type Begun = Readonly<{
  lane: Lane;
  opened: OpenedTarget;
  due: DueDelivery;
  isProbe: boolean;
  /** The process before died during this attempt. */
  suspect: Suspect | null;
}>;

export type BegunAttempts = Readonly<{
  /** From here on they are in flight; they are made by `launch`, or a turn of the event loop later. */
  begin: (lane: Lane, opened: OpenedTarget, due: readonly DueDelivery[], suspect?: Suspect) => void;
  /** At least one, and no more after `until`, in monotonic time: the rest follows when the event loop has gone round. */
  launch: (until: number) => void;
  /** Waits for other work on a lane too. */
  track: (work: Promise<void>, lane: Lane) => void;
  /** Resolves when all of it has ended; nothing new may be begun meanwhile. */
  ended: () => Promise<void>;
}>;

export function createBegunAttempts(
  deps: AttemptDeps &
    Readonly<{
      lanes: Lanes;
      places: Places;
      throttles: Throttles;
      suspects: Suspects;
      journal: AttemptJournal;
      wake: () => void;
      onFault: (lane: Lane, error: unknown) => void;
    }>,
): BegunAttempts {
  const { events, clock, lanes, places, throttles, suspects, journal } = deps;
  let underWay = 0;
  let unmarked: Begun[] = [];
  const marked: Begun[] = [];
  let isLaunchingLater = false;
  const whenEnded: (() => void)[] = [];

  function begin(lane: Lane, opened: OpenedTarget, due: readonly DueDelivery[], suspect?: Suspect): void {
    if (due.length === 0) return;
    const mono = clock.monotonic();
    const isProbe = throttles.of(lane.targetId).begin(opened.policy.throttle, { now: mono, count: due.length });
    // Where a pass waits for a file, what it has taken before must not wait with it.
    launchLater();
    let bodyBytes = 0;
    for (const delivery of due) {
      bodyBytes = Math.max(bodyBytes, delivery.event.body.byteLength);
      places.begin(lane.share, delivery.eventId, mono);
      unmarked.push({ lane, opened, due: delivery, isProbe, suspect: suspect ?? null });
      underWay++;
    }
    lane.share.bodyBytes = bodyBytes;
    if (suspect) suspects.begin(suspect);
  }

  function launchLater(): void {
    if (isLaunchingLater) return;
    isLaunchingLater = true;
    setImmediate(() => {
      isLaunchingLater = false;
      launchUntil(clock.monotonic() + LAUNCH_MS);
    });
  }

  function launchUntil(until: number): void {
    if (unmarked.length > 0) mark();
    let launched = 0;
    for (const each of marked) {
      void seeThrough(each);
      launched++;
      if (clock.monotonic() >= until) break;
    }
    marked.splice(0, launched);
    if (marked.length > 0) launchLater();
  }

  function mark(): void {
    for (const { lane, due, suspect } of unmarked) {
      if (suspect === null) journal.mark(lane.webhookId, lane.targetId, due.eventId, due.attempts + 1);
    }
    journal.flush();
    marked.push(...unmarked);
    unmarked = [];
    if (!journal.isLong()) return;
    journal.rewrite({ suspects: suspects.all(), tests: suspects.tests, begun: lanes.inFlight() });
  }

  async function seeThrough({ lane, opened, due, isProbe, suspect }: Begun): Promise<void> {
    const { webhookId, share } = lane;
    let attempt: Attempt | null = null;
    let stored = null;
    try {
      try {
        attempt = await runAttempt(deps, opened, due);
        stored = attempt && (await storeOnce(events, webhookId, attempt.settlement));
      } finally {
        if (suspect !== null) suspects.end(suspect);
        // Before a result that cannot be stored yet: its file must not keep places from other webhooks.
        const outcome = attempt?.outcome ?? null;
        places.end(share, due.eventId, { succeeded: outcome?.kind === "delivered", now: clock.monotonic() });
        const isOver = attempt !== null && attempt.settlement.status !== "pending";
        throttles.end(lane, opened.policy.throttle, { isProbe, eventId: due.eventId, outcome, isOver });
      }
      if (attempt && stored === "refused") {
        lane.holds++;
        deps.wake();
        await storeLater(deps, webhookId, attempt.settlement);
        lane.holds--;
      }
      // Its next turn finds out when the next of its deliveries is due.
      lanes.enqueue(lane);
      deps.wake();
    } catch (error) {
      deps.onFault(lane, error);
    }
    end();
  }

  function track(work: Promise<void>, lane: Lane): void {
    underWay++;
    void work.catch((error: unknown) => deps.onFault(lane, error)).then(end);
  }

  function end(): void {
    underWay--;
    if (underWay > 0) return;
    for (const resolve of whenEnded.splice(0)) resolve();
  }

  function ended(): Promise<void> {
    return underWay === 0 ? Promise.resolve() : new Promise((resolve) => whenEnded.push(resolve));
  }

  return {
    begin,
    launch(until) {
      // Else what is left of one launch and what this one adds would hold the event loop together.
      if (marked.length === 0) launchUntil(until);
    },
    track,
    ended,
  };
}
