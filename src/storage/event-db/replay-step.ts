/** Takes a replay one bounded step further, inside the caller's transaction: deliveries and cursor move together. */
import { replayDelivery } from "./change-deliveries.ts";
import type { EventFile } from "./event-file.ts";
import { findReplayRun, type ReplayRun, updateReplayRun } from "./replay-run.ts";
import { ReplaySelector } from "./replay-selection.ts";

/** Events looked at in one step, which holds the event loop for a few milliseconds. */
const WINDOW = 500;
/**
 * Deliveries of a target that may be due at once before a replay adds more: what comes in live waits behind no more
 * than these. With 128 senders waited three times as long (median) as without a replay, with 32 half as long again,
 * and no fewer were replayed (two cores, 500 live events a second).
 */
const MOST_DUE = 32;
/** Less room is not worth a step. */
const LEAST_ROOM = 16;
/** Pending ones that a replay may add, most of which wait for another try: one that is down gets no more of them. */
const MOST_ADDED = 10_000;

export type ReplayTarget = Readonly<{
  active: boolean;
  paused: boolean;
  /** How its deliveries are kept in order; null: they are not. */
  orderBy: string | null;
}>;

/** Null for one that is deleted, or another webhook's. */
export type FindReplayTarget = (targetId: string) => ReplayTarget | null;

export type ReplayStepGiven = Readonly<{
  findTarget: FindReplayTarget;
  /** By target, the pending deliveries that were there before; filled by the steps of one replay. */
  backlogs: Map<string, number>;
  now: number;
}>;

export type ReplayStep = Readonly<{
  /** As it is after the step; null for one that is no longer there. */
  run: ReplayRun | null;
  /** Deliveries made due by this step. */
  replayed: number;
  /** The target that had no room for more. */
  waitsFor: string | null;
}>;

export function replayStep(file: EventFile, id: string, given: ReplayStepGiven): ReplayStep {
  const run = findReplayRun(file.db, id);
  if (run?.state !== "running") return { run, replayed: 0, waitsFor: null };
  const step = takeStep(file, run, given);
  updateReplayRun(file.db, step.run, given.now);
  return step;
}

function takeStep(file: EventFile, run: ReplayRun, given: ReplayStepGiven) {
  const { findTarget, now } = given;
  const still = { replayed: 0, waitsFor: null };
  if (run.targetId !== null && findTarget(run.targetId) === null) {
    return { ...still, run: { ...run, state: "cancelled", reason: "The target was deleted." } as const };
  }
  const selector = new ReplaySelector(file.db, run, run.lastEventId);
  const window = selector.findWindow(run.cursor, WINDOW);
  if (window === null) return { ...still, run: { ...run, state: "done" } as const };
  const rooms = new Rooms(file, given);
  const eventIds = selector.listEvents(window, MOST_DUE);
  let { cursor, skipped } = run;
  let replayed = 0;
  let waitsFor: string | null = null;
  for (const eventId of eventIds) {
    const wanted = selector.listTargets(eventId);
    const targetIds = wanted.filter((targetId) => findTarget(targetId) !== null);
    waitsFor = targetIds.find((targetId) => rooms.of(targetId) === 0) ?? null;
    // All of an event's deliveries or none, as the cursor stands between events.
    if (waitsFor !== null) break;
    for (const targetId of targetIds) {
      replayDelivery(file, { eventId, targetId, now, orderBy: findTarget(targetId)?.orderBy ?? null });
      rooms.take(targetId);
    }
    replayed += targetIds.length;
    skipped += wanted.length - targetIds.length;
    cursor = eventId;
  }
  if (waitsFor === null && eventIds.length < MOST_DUE) cursor = window.upTo;
  return { run: { ...run, cursor, skipped, replayed: run.replayed + replayed }, replayed, waitsFor };
}

/** How many more deliveries each target may get in one step. */
class Rooms {
  readonly #file: EventFile;
  readonly #given: ReplayStepGiven;
  readonly #left = new Map<string, number>();

  constructor(file: EventFile, given: ReplayStepGiven) {
    this.#file = file;
    this.#given = given;
  }

  of(targetId: string): number {
    const known = this.#left.get(targetId);
    if (known !== undefined) return known;
    const { findTarget } = this.#given;
    const target = findTarget(targetId);
    const isOpen = target?.active === true && !target.paused;
    const room = isOpen ? findRoom(this.#file, targetId, this.#given) : 0;
    this.#left.set(targetId, room);
    return room;
  }

  take(targetId: string): void {
    this.#left.set(targetId, this.of(targetId) - 1);
  }
}

/** How many more deliveries the target may get now. */
export function findRoom(
  file: EventFile,
  targetId: string,
  { backlogs, now }: Pick<ReplayStepGiven, "backlogs" | "now">,
): number {
  // Those without a time wait in a lane that is kept in order, and their number is as good as due.
  const due =
    file.db
      .query<{ n: number }, [string, number]>(
        `SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries
            WHERE target_id = ?1 AND status = 'pending' AND next_attempt_at <= ?2 LIMIT ${MOST_DUE}))
          + (SELECT count(*) FROM (SELECT 1 FROM deliveries
            WHERE target_id = ?1 AND status = 'pending' AND next_attempt_at IS NULL LIMIT ${MOST_DUE})) AS n`,
      )
      .get(targetId, now)?.n ?? 0;
  const pending =
    file.db
      .query<{ pending: number }, [string]>("SELECT pending FROM target_tallies WHERE target_id = ?")
      .get(targetId)?.pending ?? 0;
  // What failed for days waits for its next try for hours: a target that is well again need not wait for that.
  const backlog = Math.min(backlogs.get(targetId) ?? pending, pending);
  backlogs.set(targetId, backlog);
  const room = Math.min(MOST_DUE - due, MOST_ADDED - (pending - backlog));
  return room < LEAST_ROOM ? 0 : room;
}
