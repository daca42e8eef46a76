/** Tries a transformation on the last stored events before it is saved, beside the one that is in use. */
import { createHash } from "node:crypto";
import { NO } from "../filters/judge.ts";
import { createTargetFilter, FilterSubject } from "../filters/target-filter.ts";
import type { Clock } from "../lib/clock.ts";
import { notFound } from "../lib/errors.ts";
import type { Code } from "../sandbox/job.ts";
import type { StoredEvent } from "../storage/event-db/types.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { TargetRow } from "../storage/main-db/tables.ts";
import type { EventStore } from "../storage/stores/event-store.ts";
import { transformationKey } from "../targets/transformations/transform-input.ts";
import type { Transform, TransformRun } from "../targets/transformations/transformer.ts";
import { readTrial, type TrialOptions } from "./trial-input.ts";

/** Events tried at the same time: enough to keep the sandbox busy. */
const AT_ONCE = 32;
/** Events read of the file in one step. */
const PAGE = 100;
/** Trials listed; all are counted. */
const MOST_LISTED = 20;
/** No further events are begun after this long. */
const MOST_MS = 5_000;

export type TriedEvent = Readonly<{
  event: StoredEvent;
  run: TransformRun;
  /** What is sent now is another request, or is sent where this is not, or the other way round. */
  isChanged: boolean;
}>;

export type TransformationTrial = Readonly<{
  tried: number;
  outcomes: Readonly<Record<TransformRun["kind"], number>>;
  changes: number;
  /** Microseconds that the code ran. */
  micros: Readonly<{ mean: number; most: number }>;
  /** Failures first, then changes, each the newest first. */
  listed: readonly TriedEvent[];
  /** False if the time was up before all were tried. */
  isWhole: boolean;
}>;

export type TransformationTrials = Readonly<{
  /**
   * Null where `input` leaves the transformation out. Events that event types and filter of `input` keep from the target
   * are not tried. Rejects with AppError: not_found, invalid, unavailable.
   */
  run: (options: TrialOptions) => Promise<TransformationTrial | null>;
}>;

export function createTransformationTrials(deps: {
  mainDb: MainDb;
  events: Pick<EventStore, "searchEvents" | "findEvent">;
  transform: Transform;
  clock: Clock;
}): TransformationTrials {
  const { mainDb, events, transform, clock } = deps;

  /** Null where requests go out as they came. Throws AppError not_found for a version that does not exist. */
  function codeOf(
    row: TargetRow,
    given: Readonly<{ code?: string | undefined; version?: number | null | undefined }> | null,
  ): Code | null {
    if (given === null) return null;
    if (given.code !== undefined) {
      const hash = createHash("sha256").update(given.code).digest("base64url");
      return { key: `try:${hash}`, source: given.code };
    }
    const version = given.version ?? null;
    if (version === null) return null;
    const found = mainDb.transformations.find(row.id, version);
    if (!found) throw notFound("version of the transformation");
    return { key: transformationKey(row.id, version), source: found.code };
  }

  async function* newest(webhookId: string, asked: { last: number; asker: string; signal: AbortSignal }) {
    const { asker, signal } = asked;
    let cursor: string | null = null;
    for (let left = asked.last; left > 0; ) {
      const search = { limit: Math.min(PAGE, left), cursor, filter: {}, asker, signal };
      const page: Awaited<ReturnType<EventStore["searchEvents"]>> = await events.searchEvents(
        webhookId,
        search,
      );
      for (const { id } of page.events) {
        const event = await events.findEvent(webhookId, id);
        if (event !== null) yield event;
      }
      left -= page.events.length;
      cursor = page.nextCursor;
      if (cursor === null) return;
    }
  }

  return {
    async run(options) {
      const { webhookId, row, given, proposed } = readTrial(mainDb, options);
      const { userId: asker, targetId, signal = new AbortController().signal } = options;
      if (given.transformation === undefined) return null;
      const codes = {
        proposed: codeOf(row, given.transformation),
        saved: codeOf(row, { version: row.transformationVersion }),
      };
      const filter = createTargetFilter(proposed);
      const endBy = clock.monotonic() + MOST_MS;
      const tally = new Tally();
      const stream = newest(webhookId, { last: given.last, asker, signal });

      async function tryEach(): Promise<void> {
        for (;;) {
          if (clock.monotonic() > endBy || signal.aborted) {
            tally.isWhole = false;
            return;
          }
          const { value: event, done } = await stream.next();
          if (done === true || event === undefined) return;
          if (filter !== null && filter.judge(new FilterSubject(event)) === NO) continue;
          tally.add(await tryEvent(event));
        }
      }

      const runOf = (code: Code | null, event: StoredEvent): Promise<TransformRun> =>
        code === null
          ? Promise.resolve({ kind: "request", event, micros: 0, lines: [] })
          : transform({ code, event, webhookId, targetId, wantsLines: true });

      async function tryEvent(event: StoredEvent): Promise<TriedEvent> {
        const [run, before] = await Promise.all([runOf(codes.proposed, event), runOf(codes.saved, event)]);
        return { event, run, isChanged: !isSame(run, before) };
      }

      await Promise.all(Array.from({ length: AT_ONCE }, tryEach));
      return tally.result();
    },
  };
}

function isSame(one: TransformRun, other: TransformRun): boolean {
  if (one.kind !== "request" || other.kind !== "request") return one.kind === other.kind;
  const heads = [one, other].map(({ event: { method, pathTail, query, headers } }) =>
    JSON.stringify([method, pathTail, query, headers]),
  );
  return heads[0] === heads[1] && Buffer.from(one.event.body).equals(other.event.body);
}

class Tally {
  isWhole = true;
  readonly #outcomes = { request: 0, dropped: 0, failed: 0, unavailable: 0 };
  readonly #failed: TriedEvent[] = [];
  readonly #changed: TriedEvent[] = [];
  readonly #others: TriedEvent[] = [];
  #tried = 0;
  #changes = 0;
  #micros = 0;
  #mostMicros = 0;

  add(tried: TriedEvent): void {
    const { run, isChanged } = tried;
    this.#tried++;
    this.#outcomes[run.kind]++;
    if (isChanged) this.#changes++;
    this.#micros += run.micros;
    this.#mostMicros = Math.max(this.#mostMicros, run.micros);
    const isFailure = run.kind === "failed" || run.kind === "unavailable";
    const list = isFailure ? this.#failed : isChanged ? this.#changed : this.#others;
    if (list.length < MOST_LISTED) list.push(tried);
  }

  result(): TransformationTrial {
    const newestFirst = (list: readonly TriedEvent[]) =>
      list.toSorted((a, b) => (a.event.id < b.event.id ? 1 : -1));
    return {
      tried: this.#tried,
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
