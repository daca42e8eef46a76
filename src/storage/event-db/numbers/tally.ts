/** Counts a transaction's changes and writes the counts with it, so that no page ever has to count rows. */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "../../../lib/clock.ts";
import { prepareLazily } from "../../sqlite/lazy-statements.ts";
import type { DeliveryStatus } from "../types.ts";
import type { Attempt } from "./attempt-counts.ts";
import { HourNotes } from "./rhythm.ts";
import { TargetHours } from "./target-hours.ts";
import { UncountedEvents } from "./uncounted-events.ts";

type StatusChanges = Record<DeliveryStatus, number>;

type TargetChange = {
  counts: StatusChanges;
  created: number;
  deleted: number;
  filtered: number;
  filteredDeleted: number;
  lastAttempt: Attempt | null;
};

const COUNTS =
  "target_id, created, deleted, filtered, filtered_deleted, pending, delivered, failed, held, discarded";
const ADD_COUNTS = `created = created + excluded.created,
  deleted = deleted + excluded.deleted, filtered = filtered + excluded.filtered,
  filtered_deleted = filtered_deleted + excluded.filtered_deleted, pending = pending + excluded.pending,
  delivered = delivered + excluded.delivered, failed = failed + excluded.failed,
  held = held + excluded.held, discarded = discarded + excluded.discarded`;

function prepareTallyStatements(db: Database) {
  return prepareLazily({
    attempts: () =>
      db.prepare(
        `INSERT INTO counted_hours (hour, received, bytes, delivered, failed) VALUES (?, 0, 0, ?, ?)
       ON CONFLICT (hour) DO UPDATE SET delivered = delivered + excluded.delivered, failed = failed + excluded.failed`,
      ),
    forgotten: () =>
      db.prepare(
        "UPDATE counted_entrypoints SET events = events - ?2, deleted = deleted + ?2 WHERE entrypoint_id = ?1",
      ),
    target: () =>
      db.prepare(
        `INSERT INTO target_tallies (${COUNTS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (target_id) DO UPDATE SET ${ADD_COUNTS}`,
      ),
    // In one statement: two cost a delivery that is alone in its transaction 5 µs more.
    attemptedTarget: () =>
      db.prepare(
        `INSERT INTO target_tallies (${COUNTS}, last_result_at, last_delivered, last_status_code, last_error, hour,
         hour_counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (target_id) DO UPDATE SET ${ADD_COUNTS}, last_result_at = excluded.last_result_at,
         last_delivered = excluded.last_delivered, last_status_code = excluded.last_status_code,
         last_error = excluded.last_error, hour = excluded.hour, hour_counts = excluded.hour_counts`,
      ),
  });
}

/**
 * The counts of one transaction; empty again after `write`. The stored counts do not depend on which changes share a
 * transaction, as copies of a file group them otherwise. Only how many events are still uncounted does.
 */
export class Tally {
  readonly #statements: ReturnType<typeof prepareTallyStatements>;
  /** Start of the hour in which the last attempt ended, and the attempts of that hour that are not written yet. */
  #attemptHour = 0;
  #delivered = 0;
  #failed = 0;
  /** Number of deleted events by entrypoint. */
  readonly #forgotten = new Map<string, number>();
  readonly #targets = new Map<string, TargetChange>();
  readonly #hours: HourNotes;
  readonly #targetHours: TargetHours;
  readonly #uncounted: UncountedEvents;
  /** Pending deliveries of the whole file, once the transaction under way is committed. */
  #pending: number;
  #pendingBefore: number;

  constructor(db: Database) {
    this.#statements = prepareTallyStatements(db);
    this.#hours = new HourNotes(db);
    this.#targetHours = new TargetHours(db);
    this.#uncounted = new UncountedEvents(db);
    const sum = "SELECT coalesce(sum(pending), 0) AS n FROM target_tallies";
    this.#pending = db.prepare<{ n: number }, []>(sum).get()?.n ?? 0;
    this.#pendingBefore = this.#pending;
  }

  /** Pending deliveries of the whole file, as committed. */
  get pending(): number {
    return this.#pendingBefore;
  }

  /** Counts an event that was stored; `moved` counts its deliveries. */
  received(entrypointId: string, at: number): void {
    this.#uncounted.add();
    this.#hours.note(entrypointId, at);
  }

  /** Call before events are deleted: uncounted ones could not be counted afterwards. */
  countReceived(): void {
    this.#uncounted.count();
  }

  /** Counts an event that the retention has just deleted; `moved` counts its deliveries. */
  forgotten(eventId: string, entrypointId: string): void {
    this.#uncounted.deleted(eventId);
    this.#forgotten.set(entrypointId, (this.#forgotten.get(entrypointId) ?? 0) + 1);
  }

  /** Counts `count` deliveries that changed state; `from` is null for new ones, `to` for deleted ones. */
  moved(targetId: string, from: DeliveryStatus | null, to: DeliveryStatus | null, count = 1): void {
    const target = this.#target(targetId);
    if (from) target.counts[from] -= count;
    else target.created += count;
    if (to) target.counts[to] += count;
    else target.deleted += count;
  }

  /** An event was stored that the target's filter did not want. */
  filtered(targetId: string): void {
    this.#target(targetId).filtered++;
  }

  /** Such an event was deleted. */
  filteredDeleted(targetId: string): void {
    this.#target(targetId).filteredDeleted++;
  }

  attempted(targetId: string, attempt: Attempt): void {
    const hour = attempt.at - (attempt.at % HOUR_MS);
    if (hour !== this.#attemptHour) this.#writeAttempts();
    this.#attemptHour = hour;
    if (attempt.error === null) this.#delivered++;
    else this.#failed++;
    this.#target(targetId).lastAttempt = attempt;
    this.#targetHours.add(targetId, attempt);
  }

  /** Writes the counts inside the transaction that they describe. */
  write(): void {
    for (const [targetId, target] of this.#targets) {
      this.#pending += target.counts.pending;
      this.#writeTarget(targetId, target);
    }
    for (const [entrypointId, events] of this.#forgotten) {
      this.#statements.forgotten.run(entrypointId, events);
    }
    this.#writeAttempts();
    this.#uncounted.countMany();
    this.#empty();
  }

  /** Call after the transaction is committed. */
  committed(): void {
    this.#pendingBefore = this.#pending;
    this.#uncounted.committed();
  }

  /** Call after the transaction was rolled back; drops its counts. */
  clear(): void {
    this.#pending = this.#pendingBefore;
    this.#hours.clear();
    this.#targetHours.clear();
    this.#uncounted.clear();
    this.#empty();
  }

  #writeTarget(targetId: string, target: TargetChange): void {
    const { counts, created, deleted, filtered, filteredDeleted, lastAttempt } = target;
    const { pending, delivered, failed, held, discarded } = counts;
    const made = [targetId, created, deleted, filtered, filteredDeleted] as const;
    const states = [pending, delivered, failed, held, discarded] as const;
    if (lastAttempt === null) {
      this.#statements.target.run(...made, ...states);
      return;
    }
    const { at, statusCode, error } = lastAttempt;
    const last = this.#targetHours.lastHour(targetId);
    const result = [at, error === null ? 1 : 0, statusCode, error] as const;
    const hour = [last?.hour ?? null, last?.counts ?? null] as const;
    this.#statements.attemptedTarget.run(...made, ...states, ...result, ...hour);
  }

  #writeAttempts(): void {
    if (this.#delivered + this.#failed === 0) return;
    this.#statements.attempts.run(this.#attemptHour, this.#delivered, this.#failed);
    this.#delivered = 0;
    this.#failed = 0;
  }

  #empty(): void {
    this.#delivered = 0;
    this.#failed = 0;
    this.#forgotten.clear();
    this.#targets.clear();
  }

  #target(targetId: string): TargetChange {
    let target = this.#targets.get(targetId);
    if (!target) {
      const counts = { pending: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };
      const made = { created: 0, deleted: 0, filtered: 0, filteredDeleted: 0 };
      target = { counts, ...made, lastAttempt: null };
      this.#targets.set(targetId, target);
    }
    return target;
  }
}
