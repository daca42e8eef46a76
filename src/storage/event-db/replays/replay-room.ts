/** How many more deliveries a replay may make due for a target, so that what comes in live waits behind few. */
import type { EventFile } from "../event-file.ts";

/**
 * Deliveries of a target that may be due at once before a replay adds more: what comes in live waits behind no more
 * than these. With 128 senders waited three times as long (median) as without a replay, with 32 half as long again,
 * and no fewer were replayed (two cores, 500 live events a second).
 */
export const MOST_DUE = 32;
/** Less room is not worth a step. */
const LEAST_ROOM = 16;
/** Pending ones that a replay may add, most of which wait for another attempt: one that is down gets no more of them. */
const MOST_ADDED = 10_000;

export type ReplayTarget = Readonly<{
  active: boolean;
  paused: boolean;
  /** How its deliveries are kept in order; null: they are not. */
  orderBy: string | null;
}>;

/** Null for one that is deleted, or another webhook's. */
export type FindReplayTarget = (targetId: string) => ReplayTarget | null;

/**
 * What a target waits for: that it is resumed; that it takes what is due; that deliveries that failed and wait for
 * their next attempt end.
 */
export type WaitReason = "paused" | "due" | "retries";

export type GivenRoom = Readonly<{
  findTarget: FindReplayTarget;
  /** By target, the pending deliveries that were there before; filled by the steps of one replay. */
  backlogs: Map<string, number>;
  now: number;
}>;

/** How many more deliveries a target that is there may get now, or why it gets none. */
export function findRoom(file: EventFile, targetId: string, given: GivenRoom): number | WaitReason {
  const target = given.findTarget(targetId);
  if (target === null || !target.active || target.paused) return "paused";
  const room = MOST_DUE - countDue(file, targetId, given.now);
  if (room < LEAST_ROOM) return "due";
  const pending =
    file.db
      .query<{ pending: number }, [string]>("SELECT pending FROM target_tallies WHERE target_id = ?")
      .get(targetId)?.pending ?? 0;
  // What failed for days waits for its next attempt for hours: a target that is well again need not wait for that.
  const backlog = Math.min(given.backlogs.get(targetId) ?? pending, pending);
  given.backlogs.set(targetId, backlog);
  const left = MOST_ADDED - (pending - backlog);
  return left < LEAST_ROOM ? "retries" : Math.min(room, left);
}

/** Those without a time wait in a lane that is kept in order, and their number is as good as due. */
function countDue(file: EventFile, targetId: string, now: number): number {
  return (
    file.db
      .query<{ n: number }, [string, number]>(
        `SELECT (SELECT count(*) FROM (SELECT 1 FROM deliveries
            WHERE target_id = ?1 AND status = 'pending' AND next_attempt_at <= ?2 LIMIT ${MOST_DUE}))
          + (SELECT count(*) FROM (SELECT 1 FROM deliveries
            WHERE target_id = ?1 AND status = 'pending' AND next_attempt_at IS NULL LIMIT ${MOST_DUE})) AS n`,
      )
      .get(targetId, now)?.n ?? 0
  );
}

/** The rooms of all targets within one step. */
export class Rooms {
  readonly #file: EventFile;
  readonly #given: GivenRoom;
  readonly #left = new Map<string, number | WaitReason>();

  constructor(file: EventFile, given: GivenRoom) {
    this.#file = file;
    this.#given = given;
  }

  of(targetId: string): number | WaitReason {
    const known = this.#left.get(targetId);
    if (known !== undefined) return known;
    const room = findRoom(this.#file, targetId, this.#given);
    this.#left.set(targetId, room);
    return room;
  }

  /** For one delivery; false where there is none. */
  take(targetId: string): boolean {
    const room = this.of(targetId);
    if (typeof room !== "number") return false;
    this.#left.set(targetId, room > 1 ? room - 1 : "due");
    return true;
  }
}
