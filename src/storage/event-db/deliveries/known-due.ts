/**
 * Caches each target's due deliveries, in step with the file once all of them were read. Nearly every delivery is
 * claimed within milliseconds of its event, and looking for it in the file cost more than any other statement.
 */

import type { EventDraft } from "../types.ts";
import type { DueRow } from "./delivery-statements.ts";

/** Lifetime of an entry; then the file is read again. */
const LASTS_MS = 250;
/** Deliveries per target; a target with more has a backlog, which stays in the file. */
const MOST = 256;

type Known = {
  /** By event id: every pending delivery that was due when the file was read or has come since, in flight or not. */
  readonly due: Map<string, DueRow>;
  /** When the file was read; wall-clock time, as the due times are. */
  readonly readAt: number;
  /** The earliest due time of those not due at the read; null if there is none. */
  nextDueAt: number | null;
  /** The latest due time of all pending deliveries, as one that lies too far ahead counts as due. */
  lastDueAt: number | null;
};

/** Changes apply at once, during the transaction; the caller must call `forgetAll` when it is rolled back. */
export class KnownDue {
  /** A missing target has to be looked up in the file. */
  readonly #byTarget = new Map<string, Known>();

  /** Begins an entry; `rows` must be everything due to the target at `now`. */
  begin(
    targetId: string,
    read: { rows: readonly DueRow[]; now: number; nextDueAt: number | null; lastDueAt: number | null },
  ): void {
    const { rows, now, nextDueAt, lastDueAt } = read;
    const due = new Map(rows.map((row) => [row.event_id, row]));
    this.#byTarget.set(targetId, { due, readAt: now, nextDueAt, lastDueAt });
  }

  /** Adds the deliveries of an event that was stored. */
  recorded({ id, receivedAt, targets }: EventDraft): void {
    if (this.#byTarget.size === 0) return;
    for (const target of targets) {
      const known = this.#byTarget.get(target.id);
      if (known === undefined || target.settlesAtIngest || target.held === true) continue;
      // Only the file knows which delivery of a lane is next.
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

  /** Removes a delivery that was due; `nextAttemptAt` if it will be due again. */
  settled(targetId: string, eventId: string, nextAttemptAt: number | null): void {
    const known = this.#byTarget.get(targetId);
    if (known === undefined) return;
    known.due.delete(eventId);
    if (nextAttemptAt === null) return;
    known.nextDueAt = Math.min(known.nextDueAt ?? nextAttemptAt, nextAttemptAt);
    known.lastDueAt = Math.max(known.lastDueAt ?? nextAttemptAt, nextAttemptAt);
  }

  /** Drops a target whose deliveries may have changed in another way. */
  forget(targetId: string): void {
    this.#byTarget.delete(targetId);
  }

  forgetAll(): void {
    this.#byTarget.clear();
  }

  /**
   * Everything due at `now`, oldest first; null if the file has to be read. A due time after `beyond` counts as due.
   */
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

  /** The next due time after `after`; undefined if the file has to be read. */
  nextDueAt(targetId: string, after: number): number | null | undefined {
    const known = this.#byTarget.get(targetId);
    if (known === undefined || after < known.readAt) return undefined;
    const { nextDueAt } = known;
    return nextDueAt === null || nextDueAt > after ? nextDueAt : undefined;
  }
}
