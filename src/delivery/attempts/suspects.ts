/**
 * Suspects: deliveries whose attempts were under way when the process died. They are attempted again after all others
 * and one at a time, so that the one that kills the process can be told from those that were under way beside it.
 */
import type { Clock } from "../../lib/clock.ts";
import type { AttemptJournal } from "../../storage/attempt-journal/attempt-journal.ts";
import { keyOf, type Suspect } from "../../storage/attempt-journal/records.ts";

/** Other deliveries come first: a gateway that dies of a suspect delivers for this long at each start. */
const OTHERS_FIRST_MS = 3_000;
/** An attempt that kills the process mostly does so at its beginning; the next suspect begins after this long. */
const OUTLIVED_MS = 1_000;
/** Suspects attempted at once; nearly all of them are at targets that take long to answer. */
const MOST_TESTS = 32;
/** Targets that get a turn at a time, to see whether they can take a suspect. */
const TARGETS_ASKED = 8;

type OfTarget = Readonly<{ webhookId: string; targetId: string }>;
type Test = { readonly suspect: Suspect; hasOutlived: boolean };

export class Suspects {
  readonly #journal: AttemptJournal;
  readonly #clock: Clock;
  readonly #onAllowed: (of: OfTarget) => void;
  readonly #byTarget = new Map<string, Map<string, Suspect>>();
  readonly #tests = new Map<string, Test>();
  #mayBegin = false;
  #cancel: () => void = () => undefined;

  /** `onAllowed` is called where a suspect of this target may be attempted, if the target can take it. */
  constructor(deps: {
    journal: AttemptJournal;
    clock: Clock;
    onAllowed: (of: OfTarget) => void;
  }) {
    this.#journal = deps.journal;
    this.#clock = deps.clock;
    this.#onAllowed = deps.onAllowed;
    const { suspects, culprits } = deps.journal.left;
    for (const suspect of [...suspects, ...culprits]) this.#add(suspect);
  }

  /** Allows suspects after a while; none is attempted before. */
  start(): void {
    this.#cancel = this.#clock.after(OTHERS_FIRST_MS, () => this.#allow());
  }

  stop(): void {
    this.#cancel();
    this.#mayBegin = false;
    const tested = [...this.#tests.values()].map(({ suspect }) => suspect);
    this.#journal.close({ suspects: [...tested, ...this.all()] });
  }

  *all(): Iterable<Suspect> {
    for (const suspects of this.#byTarget.values()) yield* suspects.values();
  }

  get tests(): Iterable<Test> {
    return this.#tests.values();
  }

  /** Returns the events that an ordinary claim must leave alone: those in flight, and the target's suspects. */
  withThose(targetId: string, inFlight: ReadonlyMap<string, unknown>): ReadonlyMap<string, unknown> {
    const suspects = this.#byTarget.get(targetId);
    return suspects === undefined ? inFlight : new Map<string, unknown>([...suspects, ...inFlight]);
  }

  /** Returns the target's next suspect; null where there is none, or none may begin now. */
  next(targetId: string): Suspect | null {
    if (!this.#mayBegin) return null;
    return this.#byTarget.get(targetId)?.values().next().value ?? null;
  }

  /** The delivery is no longer a suspect. */
  drop({ targetId, eventId }: Pick<Suspect, "targetId" | "eventId">): void {
    const suspects = this.#byTarget.get(targetId);
    if (suspects?.delete(eventId) && suspects.size === 0) this.#byTarget.delete(targetId);
  }

  dropTarget(targetId: string): void {
    this.#byTarget.delete(targetId);
  }

  begin(suspect: Suspect): void {
    this.drop(suspect);
    this.#journal.note("test", suspect);
    const test: Test = { suspect, hasOutlived: false };
    this.#tests.set(keyOf(suspect), test);
    this.#mayBegin = false;
    this.#cancel = this.#clock.after(OUTLIVED_MS, () => {
      test.hasOutlived = true;
      this.#journal.note("outlived", suspect);
      this.#allow();
    });
  }

  end(suspect: Suspect): void {
    const test = this.#tests.get(keyOf(suspect));
    this.#tests.delete(keyOf(suspect));
    this.#journal.note("ended", suspect);
    if (test === undefined || (test.hasOutlived && this.#mayBegin)) return;
    if (!test.hasOutlived) this.#cancel();
    this.#allow();
  }

  /** Gives targets a turn whose suspects could not begin before, as where the circuit was open. */
  wake(): void {
    if (!this.#mayBegin || this.#byTarget.size === 0) return;
    for (const [targetId, suspects] of [...this.#byTarget].slice(0, TARGETS_ASKED)) {
      // To the end, so that others come first the next time.
      this.#byTarget.delete(targetId);
      this.#byTarget.set(targetId, suspects);
      const [first] = suspects.values();
      if (first) this.#onAllowed(first);
    }
  }

  #allow(): void {
    const isTesting = [...this.#tests.values()].some(({ hasOutlived }) => !hasOutlived);
    this.#mayBegin = !isTesting && this.#tests.size < MOST_TESTS;
    this.wake();
  }

  #add(suspect: Suspect): void {
    const known = this.#byTarget.get(suspect.targetId);
    if (known) known.set(suspect.eventId, suspect);
    else this.#byTarget.set(suspect.targetId, new Map([[suspect.eventId, suspect]]));
  }
}
