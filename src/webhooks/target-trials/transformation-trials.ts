/** Tries a transformation on the last stored events before it is saved, beside the one that is in use. */
import { createHash } from "node:crypto";
import { NO } from "../../filters/judge.ts";
import { createTargetFilter, FilterSubject } from "../../filters/target-filter.ts";
import type { Clock } from "../../lib/clock.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import { HeldBytes } from "../../lib/held-bytes.ts";
import { createTurns } from "../../lib/waiting/turns.ts";
import type { Code } from "../../sandbox/job.ts";
import type { StoredEvent } from "../../storage/event-db/types.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { TargetRow } from "../../storage/main-db/tables.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import { MAX_BODY_BYTES } from "../../targets/transformations/apply-changes.ts";
import { transformationKey } from "../../targets/transformations/transform-input.ts";
import type { Transform, TransformRun } from "../../targets/transformations/transformer.ts";
import { readTrial, type TrialOptions } from "./trial-input.ts";
import { type TransformationTrial, TrialTally, type TriedEvent } from "./trial-tally.ts";

/** Events tried at the same time: enough to keep the sandbox busy. */
const AT_ONCE = 32;
/** Bytes of their bodies held at the same time; one body may be all of them. */
const MOST_HELD_BYTES = 8 * 1024 * 1024;
/** Trials at once in this process; each user has one, and may have so many waiting for it. */
const MOST_TRIALS = 4;
const MOST_WAITING = 3;
/** Events read of the file in one step. */
const PAGE = 100;
/** No further events are begun after this long. */
const MOST_MS = 5_000;

export type TransformationTrials = Readonly<{
  /**
   * Null where `input` leaves the transformation out. Events that event types and filter of `input` keep from the target
   * are not tried, nor those whose bodies are too large to be transformed. One trial of a user runs at a time; the next
   * ones wait. Rejects with AppError: not_found, invalid, unavailable.
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
  const turns = createTurns({ mostWaiting: MOST_WAITING, tooMany: busy, nobodyWaits });
  let running = 0;

  /** Null where requests go out as they came. Throws AppError not_found for a version that does not exist. */
  function codeOf(
    row: TargetRow,
    given: Readonly<{ code?: string | undefined; version?: number | null | undefined }> | null,
  ): Code | null {
    if (given === null) return null;
    if (given.code !== undefined) {
      const hash = createHash("sha256").update(given.code).digest("base64url");
      return { key: `try:${hash}`, source: given.code, isDraft: true };
    }
    const version = given.version ?? null;
    if (version === null) return null;
    const found = mainDb.transformations.find(row.id, version);
    if (!found) throw notFound("version of the transformation");
    return { key: transformationKey(row.id, version), source: found.code };
  }

  async function* newest(
    webhookId: string,
    asked: Readonly<{ last: number; asker: string; signal: AbortSignal }>,
  ) {
    const { asker, signal } = asked;
    let cursor: string | null = null;
    for (let left = asked.last; left > 0; ) {
      const search = { limit: Math.min(PAGE, left), cursor, filter: {}, asker, signal };
      const page: Awaited<ReturnType<EventStore["searchEvents"]>> = await events.searchEvents(
        webhookId,
        search,
      );
      yield* page.events;
      left -= page.events.length;
      cursor = page.nextCursor;
      if (cursor === null) return;
    }
  }

  async function tryAll(trial: ReturnType<typeof readTrial>, of: TrialOptions): Promise<TransformationTrial> {
    const { webhookId, row, given, proposed } = trial;
    const { userId: asker, targetId, signal = new AbortController().signal } = of;
    const codes = {
      proposed: codeOf(row, given.transformation ?? null),
      saved: codeOf(row, { version: row.transformationVersion }),
    };
    const filter = createTargetFilter(proposed);
    const endBy = clock.monotonic() + MOST_MS;
    const tally = new TrialTally();
    const held = new HeldBytes(MOST_HELD_BYTES);
    const stream = newest(webhookId, { last: given.last, asker, signal });

    async function tryEach(): Promise<void> {
      for (;;) {
        if (clock.monotonic() > endBy || signal.aborted) {
          tally.isWhole = false;
          return;
        }
        const { value: summary, done } = await stream.next();
        if (done === true || summary === undefined) return;
        const { id, bodySize } = summary;
        if (bodySize > MAX_BODY_BYTES) {
          tally.skipped++;
          continue;
        }
        await held.take(bodySize);
        try {
          const event = await events.findEvent(webhookId, id);
          if (event === null || filter?.judge(new FilterSubject(event)) === NO) continue;
          tally.add(await tryEvent(event));
        } finally {
          held.release(bodySize);
        }
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
  }

  return {
    async run(options) {
      const trial = readTrial(mainDb, options);
      if (trial.given.transformation === undefined) return null;
      return turns.take(
        options.userId,
        async () => {
          if (running >= MOST_TRIALS) throw busy();
          running++;
          try {
            return await tryAll(trial, options);
          } finally {
            running--;
          }
        },
        options.signal,
      );
    },
  };
}

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Too many trials are running.",
    hint: "Try again when they are done.",
    retryAfterSeconds: 2,
  });
}

function isSame(one: TransformRun, other: TransformRun): boolean {
  if (one.kind !== "request" || other.kind !== "request") return one.kind === other.kind;
  const heads = [one, other].map(({ event: { method, pathTail, query, headers } }) =>
    JSON.stringify([method, pathTail, query, headers]),
  );
  return heads[0] === heads[1] && Buffer.from(one.event.body).equals(other.event.body);
}

function nobodyWaits(): AppError {
  return new AppError({ kind: "unavailable", code: "trial_ended", message: "Nobody waits for this trial." });
}
