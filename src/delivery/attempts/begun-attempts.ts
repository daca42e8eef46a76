/** Begins attempts, many at a time, and sees each through to its stored result. */
import type { AttemptJournal } from "../../storage/attempt-journal/attempt-journal.ts";
import type { Suspect } from "../../storage/attempt-journal/records.ts";
import type { DueDelivery } from "../../storage/event-db/types.ts";
import type { OpenedTarget } from "../open-target.ts";
import type { Slots } from "../slots.ts";
import type { TargetQueue, TargetQueues } from "../target-queue.ts";
import type { Throttles } from "../throttle/throttles.ts";
import { type Attempt, type AttemptDeps, runAttempt, type Stored, storeLater, storeOnce } from "./attempt.ts";
import type { Suspects } from "./suspects.ts";
import { WorkUnderWay } from "./work-under-way.ts";

/** Ends a launch after this long: each attempt makes its request ready at once. The rest follows a turn later. */
const LAUNCH_MS = 5;

type Begun = Readonly<{
  queue: TargetQueue;
  opened: OpenedTarget;
  due: DueDelivery;
  isProbe: boolean;
  /** The process before died during this attempt. */
  suspect: Suspect | null;
}>;

type Deps = AttemptDeps &
  Readonly<{
    queues: TargetQueues;
    slots: Slots;
    throttles: Throttles;
    suspects: Suspects;
    journal: AttemptJournal;
    /** A slot is free, or a queue ready. */
    wake: () => void;
    onFault: (queue: TargetQueue, error: unknown) => void;
  }>;

export class BegunAttempts {
  readonly #deps: Deps;
  readonly #underWay = new WorkUnderWay();
  /** Begun, and not yet in the journal. */
  #unmarked: Begun[] = [];
  /** In the journal, and not yet made. */
  readonly #marked: Begun[] = [];
  #isLaunchingLater = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** From here on they are in flight; `launch` makes them, or the event loop a turn later. */
  begin(queue: TargetQueue, opened: OpenedTarget, due: readonly DueDelivery[], suspect?: Suspect): void {
    if (due.length === 0) return;
    const { clock, throttles, slots, suspects } = this.#deps;
    const { share, targetId } = queue;
    const mono = clock.monotonic();
    const isProbe = throttles.of(targetId).begin(opened.policy.throttle, { now: mono, count: due.length });
    // Where a pass waits for a file, what it has taken before must not wait with it.
    this.#launchLater();
    let bodyBytes = 0;
    for (const delivery of due) {
      bodyBytes = Math.max(bodyBytes, delivery.event.body.byteLength);
      slots.begin(share, delivery.eventId, mono);
      this.#unmarked.push({ queue, opened, due: delivery, isProbe, suspect: suspect ?? null });
      this.#underWay.begin();
    }
    share.bodyBytes = bodyBytes;
    queue.isMarked = opened.type.roomFor === undefined;
    if (suspect) suspects.begin(suspect);
  }

  /** Makes at least one attempt, and none after `until`, in monotonic time; the rest follows in the next turn. */
  launch(until: number): void {
    // Else what is left of one launch and what this one adds would hold the event loop together.
    if (this.#marked.length === 0) this.#launchUntil(until);
  }

  /** Waits for other work on a queue too. */
  track(work: Promise<void>, queue: TargetQueue): void {
    this.#underWay.begin();
    void work.catch((error: unknown) => this.#deps.onFault(queue, error)).then(() => this.#underWay.end());
  }

  /** Resolves when all of it has ended; nothing new may be begun meanwhile. */
  ended(): Promise<void> {
    return this.#underWay.ended();
  }

  #launchLater(): void {
    if (this.#isLaunchingLater) return;
    this.#isLaunchingLater = true;
    setImmediate(() => {
      this.#isLaunchingLater = false;
      this.#launchUntil(this.#deps.clock.monotonic() + LAUNCH_MS);
    });
  }

  #launchUntil(until: number): void {
    if (this.#unmarked.length > 0) this.#mark();
    let launched = 0;
    for (const each of this.#marked) {
      void this.#seeThrough(each);
      launched++;
      if (this.#deps.clock.monotonic() >= until) break;
    }
    this.#marked.splice(0, launched);
    if (this.#marked.length > 0) this.#launchLater();
  }

  #mark(): void {
    const { journal, suspects, queues } = this.#deps;
    for (const { queue, due, suspect } of this.#unmarked) {
      if (suspect === null && queue.isMarked)
        journal.mark(queue.webhookId, queue.targetId, due.eventId, due.attempts + 1);
    }
    journal.flush();
    this.#marked.push(...this.#unmarked);
    this.#unmarked = [];
    if (!journal.isLong()) return;
    journal.rewrite({ suspects: suspects.all(), tests: suspects.tests, begun: queues.inFlight() });
  }

  async #seeThrough(begun: Begun): Promise<void> {
    const { queue, opened, due } = begun;
    const deps = this.#deps;
    let attempt: Attempt | null = null;
    let stored: Stored | null = null;
    try {
      try {
        attempt = await runAttempt(deps, opened, due);
        stored = attempt && (await storeOnce(deps.events, queue.webhookId, attempt.settlement));
      } finally {
        // Before a result that cannot be stored yet: its file must not keep slots from other webhooks.
        this.#giveBack(begun, attempt);
      }
      if (attempt && stored === "refused") {
        queue.block();
        deps.wake();
        await storeLater(deps, queue.webhookId, attempt.settlement);
        queue.unblock();
      }
      // Its next turn finds out when the next of its deliveries is due.
      queue.enqueue();
      deps.wake();
    } catch (error) {
      deps.onFault(queue, error);
    }
    this.#underWay.end();
  }

  /** Gives the slot back and tells the throttle. `attempt` is null where it was aborted, released, or failed unexpectedly. */
  #giveBack({ queue, opened, due, isProbe, suspect }: Begun, attempt: Attempt | null): void {
    const { suspects, slots, throttles, clock } = this.#deps;
    const { eventId } = due;
    const outcome = attempt?.outcome ?? null;
    const succeeded = attempt === null ? null : outcome?.kind === "delivered";
    const isOver = attempt !== null && attempt.settlement.status !== "pending";
    try {
      if (suspect !== null) suspects.end(suspect);
      slots.end(queue.share, eventId, { succeeded, now: clock.monotonic() });
      throttles.end(queue, opened.policy.throttle, { isProbe, eventId, outcome, isOver });
    } catch (error) {
      // A result that is not stored yet is stored all the same: the delivery would be made again without it.
      this.#deps.onFault(queue, error);
    }
  }
}
