/**
 * What is due to a target, kept in step with its file once all of it was read: nearly every delivery is claimed within
 * milliseconds of its event, and a claim that looked for it in the file cost more than any other statement.
 */
import type { DueRow } from "./delivery-statements.ts";
import type { EventDraft } from "./types.ts";

/** Then the file is read again, whatever is known. */
const LASTS_MS = 250;
/** Of one target; with more it has a backlog, and that stays in the file. */
const MOST = 256;

type Known = {
  /** All that is pending and was due when the file was read or has come since, in flight or not; by event. */
  readonly due: Map<string, DueRow>;
  /** When the file was read; wall-clock time, as the due times are. */
  readonly readAt: number;
  /** The earliest of what is pending and was not due then; null where there is none. */
  nextDueAt: number | null;
  /** The latest of all that is pending, as one that is too far ahead is due. */
  lastDueAt: number | null;
};

/** It follows the transaction under way at once; one that is rolled back makes it forget everything. */
export class KnownDue {
  /** A target that is missing has to be looked for in the file. */
  readonly #byTarget = new Map<string, Known>();

  /** `rows` is all that is due to the target at `now`. */
  begin(
    targetId: string,
    read: { rows: readonly DueRow[]; now: number; nextDueAt: number | null; lastDueAt: number | null },
  ): void {
    const { rows, now, nextDueAt, lastDueAt } = read;
    const due = new Map(rows.map((row) => [row.event_id, row]));
    this.#byTarget.set(targetId, { due, readAt: now, nextDueAt, lastDueAt });
  }

  /** An event was stored, with its deliveries. */
  recorded({ id, receivedAt, targets }: EventDraft): void {
    if (this.#byTarget.size === 0) return;
    for (const target of targets) {
      const known = this.#byTarget.get(target.id);
      if (known === undefined || target.settlesAtIngest || target.held === true) continue;
      // Of a lane only the file knows whose turn it is.
      if (target.orderKey !== undefined || known.due.size >= MOST) this.forget(target.id);
      else {
        known.due.set(id, {
          event_id: id,
          attempts: 0,
          attempts_at_replay: 0,
          replays: 0,
          due_at: receivedAt,
          due_since: receivedAt,
        });
      }
    }
  }

  /** A delivery that was due is not any more; `nextAttemptAt` where it will be again. */
  settled(targetId: string, eventId: string, nextAttemptAt: number | null): void {
    const known = this.#byTarget.get(targetId);
    if (known === undefined) return;
    known.due.delete(eventId);
    if (nextAttemptAt === null) return;
    known.nextDueAt = Math.min(known.nextDueAt ?? nextAttemptAt, nextAttemptAt);
    known.lastDueAt = Math.max(known.lastDueAt ?? nextAttemptAt, nextAttemptAt);
  }

  /** Something else may have become of its deliveries. */
  forget(targetId: string): void {
    this.#byTarget.delete(targetId);
  }

  forgetAll(): void {
    this.#byTarget.clear();
  }

  /** All that is due at `now`, oldest first; null where the file has to be asked. What is due after `beyond` is due now. */
  at(targetId: string, { now, beyond }: { now: number; beyond: number }): IterableIterator<DueRow> | null {
    const known = this.#byTarget.get(targetId);
    if (known === undefined) return null;
    const { due, readAt, nextDueAt, lastDueAt } = known;
    const isOld = now < readAt || now - readAt > LASTS_MS;
    const isMore = (nextDueAt !== null && nextDueAt <= now) || (lastDueAt !== null && lastDueAt > beyond);
    if (!isOld && !isMore) return due.values();
    this.forget(targetId);
    return null;
  }

  /** When something is due next after `after`; undefined where the file has to be asked. */
  nextDueAt(targetId: string, after: number): number | null | undefined {
    const known = this.#byTarget.get(targetId);
    if (known === undefined || after < known.readAt) return undefined;
    const { nextDueAt } = known;
    return nextDueAt === null || nextDueAt > after ? nextDueAt : undefined;
  }
}
