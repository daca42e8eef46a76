/** Limits the deliveries that a replay makes due for a target, so that live events wait behind few. */
import type { EventFile } from "../event-file.ts";

/**
 * Deliveries of a target that may be due at once before a replay adds more: live events wait behind no more than these.
 * With 128, senders waited three times as long (median) as without a replay; with 32, half as long again, and as many
 * were replayed (two cores, 500 live events a second).
 */
export const MOST_DUE = 32;
/** Less room is not worth a step. */
const LEAST_ROOM = 16;
/**
 * Pending deliveries that a replay may add, most of which wait for another attempt: a target that is down gets no more.
 */
const MOST_ADDED = 10_000;

/** A target of the webhook that is not deleted. */
export type ReplayTarget = Readonly<{
  targetId: string;
  active: boolean;
  paused: boolean;
  /** Value path of the key that orders its deliveries; null: no order. */
  orderBy: string | null;
}>;

/** Null for a target that is deleted or another webhook's. */
type FindReplayTarget = (targetId: string) => Omit<ReplayTarget, "targetId"> | null;

/**
 * Why a target gets nothing more now: it is paused, deliveries already due come first, or failed deliveries wait for
 * their next attempt.
 */
export type WaitReason = "paused" | "due" | "retries";

export type GivenRoom = Readonly<{
  findTarget: FindReplayTarget;
  /** By target, the number of pending deliveries before the replay; filled by the steps of one replay. */
  backlogs: Map<string, number>;
  now: number;
}>;

/** Number of deliveries that an existing target may get now, or why it gets none. */
export function findRoom(file: EventFile, targetId: string, given: GivenRoom): number | WaitReason {
  const target = given.findTarget(targetId);
  if (target === null || !target.active || target.paused) return "paused";
  const room = MOST_DUE - countDue(file, targetId, given.now);
  if (room < LEAST_ROOM) return "due";
  const pending =
    file.db
      .query<{ pending: number }, [string]>("SELECT pending FROM target_tallies WHERE target_id = ?")
      .get(targetId)?.pending ?? 0;
  // Deliveries that failed for days wait hours for their next attempt; a recovered target need not wait for those.
  const backlog = Math.min(given.backlogs.get(targetId) ?? pending, pending);
  given.backlogs.set(targetId, backlog);
  const left = MOST_ADDED - (pending - backlog);
  return left < LEAST_ROOM ? "retries" : Math.min(room, left);
}

/** Deliveries without a due time wait in a lane; they count as due. */
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

/** The room of each target within one step. */
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

  /** Takes room for one delivery; false if there is none. */
  take(targetId: string): boolean {
    const room = this.of(targetId);
    if (typeof room !== "number") return false;
    this.#left.set(targetId, room > 1 ? room - 1 : "due");
    return true;
  }
}
