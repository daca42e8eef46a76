/** Counts what the runs of a trial came to, and keeps those that are worth a look. */
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { TransformRun } from "../../targets/transformations/transformer.ts";

/** Trials listed; all are counted. */
const MOST_LISTED = 20;
/** Bodies kept for the list, before and after; an event that would exceed them is counted only. */
const MOST_LISTED_BYTES = 8 * 1024 * 1024;

export type TriedEvent = Readonly<{
  event: StoredEvent;
  run: TransformRun;
  /** The settings in use send another request, or only one of both sends any. */
  isChanged: boolean;
}>;

export type TransformationTrial = Readonly<{
  tried: number;
  /** Events that were not read: their bodies are too large to be transformed. */
  skipped: number;
  outcomes: Readonly<Record<TransformRun["kind"], number>>;
  changes: number;
  /** Microseconds that the code ran. */
  micros: Readonly<{ mean: number; most: number }>;
  /** Failures first, then changes, each the newest first. */
  listed: readonly TriedEvent[];
  /** False if the time was up before all were tried. */
  isWhole: boolean;
}>;

export class TrialTally {
  isWhole = true;
  skipped = 0;
  readonly #outcomes = { request: 0, dropped: 0, failed: 0, unavailable: 0 };
  readonly #failed: TriedEvent[] = [];
  readonly #changed: TriedEvent[] = [];
  readonly #others: TriedEvent[] = [];
  #tried = 0;
  #changes = 0;
  #micros = 0;
  #mostMicros = 0;
  #listedBytes = 0;

  add(tried: TriedEvent): void {
    const { run, isChanged } = tried;
    this.#tried++;
    this.#outcomes[run.kind]++;
    if (isChanged) this.#changes++;
    this.#micros += run.micros;
    this.#mostMicros = Math.max(this.#mostMicros, run.micros);
    const isFailure = run.kind === "failed" || run.kind === "unavailable";
    const list = isFailure ? this.#failed : isChanged ? this.#changed : this.#others;
    const bytes = bytesOf(tried);
    if (list.length === MOST_LISTED || this.#listedBytes + bytes > MOST_LISTED_BYTES) return;
    this.#listedBytes += bytes;
    list.push(tried);
  }

  result(): TransformationTrial {
    const newestFirst = (list: readonly TriedEvent[]) =>
      list.toSorted((a, b) => (a.event.id < b.event.id ? 1 : -1));
    return {
      tried: this.#tried,
      skipped: this.skipped,
      outcomes: this.#outcomes,
      changes: this.#changes,
      micros: {
        mean: this.#tried === 0 ? 0 : Math.round(this.#micros / this.#tried),
        most: this.#mostMicros,
      },
      listed: [this.#failed, this.#changed, this.#others].flatMap(newestFirst).slice(0, MOST_LISTED),
      isWhole: this.isWhole,
    };
  }
}

function bytesOf({ event, run }: TriedEvent): number {
  return event.body.byteLength + (run.kind === "request" ? run.event.body.byteLength : 0);
}
