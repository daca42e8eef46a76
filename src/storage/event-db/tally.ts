/** Counts what a transaction changes and writes the counts with it, so that no page ever has to count rows. */
import type { Database } from "bun:sqlite";
import { HourNotes } from "./rhythm.ts";
import type { DeliveryStatus } from "./types.ts";

const HOUR_MS = 3_600_000;

type StatusChanges = Record<DeliveryStatus, number>;

type EntrypointChange = { events: number; deleted: number; lastAt: number };

type LastResult = Readonly<{
  at: number;
  delivered: boolean;
  statusCode: number | null;
  error: string | null;
}>;

type TargetChange = {
  counts: StatusChanges;
  created: number;
  deleted: number;
  delivered: number;
  failed: number;
  lastResult: LastResult | null;
};

export function prepareTallyStatements(db: Database) {
  return {
    hour: db.prepare(
      `INSERT INTO hourly_tallies (hour, received, bytes, delivered, failed) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (hour) DO UPDATE SET received = received + excluded.received, bytes = bytes + excluded.bytes,
         delivered = delivered + excluded.delivered, failed = failed + excluded.failed`,
    ),
    entrypoint: db.prepare(
      `INSERT INTO entrypoint_tallies (entrypoint_id, events, deleted, last_event_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (entrypoint_id) DO UPDATE SET events = events + excluded.events,
         deleted = deleted + excluded.deleted, last_event_at = max(last_event_at, excluded.last_event_at)`,
    ),
    target: db.prepare(
      `INSERT INTO target_tallies (target_id, created, deleted, pending, delivered, failed, held, discarded)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (target_id) DO UPDATE SET created = created + excluded.created,
         deleted = deleted + excluded.deleted, pending = pending + excluded.pending,
         delivered = delivered + excluded.delivered, failed = failed + excluded.failed,
         held = held + excluded.held, discarded = discarded + excluded.discarded`,
    ),
    lastResult: db.prepare(
      `UPDATE target_tallies SET last_result_at = ?2, last_delivered = ?3, last_status_code = ?4, last_error = ?5
        WHERE target_id = ?1`,
    ),
  };
}

/** Of one transaction; empty again after `write`. */
export class Tally {
  readonly #statements: ReturnType<typeof prepareTallyStatements>;
  #received = 0;
  #bytes = 0;
  #at = 0;
  readonly #entrypoints = new Map<string, EntrypointChange>();
  readonly #targets = new Map<string, TargetChange>();
  readonly #hours: HourNotes;
  /** Pending deliveries of the whole file, once what is under way is committed. */
  #pending: number;
  #pendingBefore: number;

  constructor(db: Database) {
    this.#statements = prepareTallyStatements(db);
    this.#hours = new HourNotes(db);
    const sum = "SELECT coalesce(sum(pending), 0) AS n FROM target_tallies";
    this.#pending = db.prepare<{ n: number }, []>(sum).get()?.n ?? 0;
    this.#pendingBefore = this.#pending;
  }

  /** Pending deliveries of the whole file, as committed. */
  get pending(): number {
    return this.#pendingBefore;
  }

  received(entrypointId: string, at: number, bytes: number): void {
    this.#received++;
    this.#bytes += bytes;
    this.#at = at;
    const entrypoint = this.#entrypoint(entrypointId);
    entrypoint.events++;
    entrypoint.lastAt = Math.max(entrypoint.lastAt, at);
  }

  /** An event that the retention deleted; its deliveries are told by `moved`. */
  forgotten(entrypointId: string): void {
    const entrypoint = this.#entrypoint(entrypointId);
    entrypoint.events--;
    entrypoint.deleted++;
  }

  /** `from` is null for a new delivery, `to` for a deleted one; `count` of them at once. */
  moved(targetId: string, from: DeliveryStatus | null, to: DeliveryStatus | null, count = 1): void {
    const target = this.#target(targetId);
    if (from) target.counts[from] -= count;
    else target.created += count;
    if (to) target.counts[to] += count;
    else target.deleted += count;
  }

  tried(targetId: string, result: LastResult): void {
    const target = this.#target(targetId);
    if (result.delivered) target.delivered++;
    else target.failed++;
    target.lastResult = result;
    this.#at = result.at;
  }

  /** Writes what was counted, inside the transaction that it counts. */
  write(): void {
    let delivered = 0;
    let failed = 0;
    for (const [targetId, target] of this.#targets) {
      const { counts, created, deleted, lastResult } = target;
      delivered += target.delivered;
      failed += target.failed;
      const { pending, delivered: done, failed: givenUp, held, discarded } = counts;
      this.#pending += pending;
      this.#statements.target.run(targetId, created, deleted, pending, done, givenUp, held, discarded);
      if (lastResult) {
        const { at, statusCode, error } = lastResult;
        this.#statements.lastResult.run(targetId, at, lastResult.delivered ? 1 : 0, statusCode, error);
      }
    }
    for (const [entrypointId, { events, deleted, lastAt }] of this.#entrypoints) {
      this.#statements.entrypoint.run(entrypointId, events, deleted, lastAt);
      if (lastAt > 0) this.#hours.note(entrypointId, lastAt);
    }
    if (this.#at > 0) {
      const hour = this.#at - (this.#at % HOUR_MS);
      this.#statements.hour.run(hour, this.#received, this.#bytes, delivered, failed);
    }
    this.#empty();
  }

  /** What was written is committed. */
  committed(): void {
    this.#pendingBefore = this.#pending;
  }

  /** Forgets what was counted: its transaction was rolled back. */
  clear(): void {
    this.#pending = this.#pendingBefore;
    this.#hours.clear();
    this.#empty();
  }

  #empty(): void {
    this.#received = 0;
    this.#bytes = 0;
    this.#at = 0;
    this.#entrypoints.clear();
    this.#targets.clear();
  }

  #entrypoint(entrypointId: string): EntrypointChange {
    let entrypoint = this.#entrypoints.get(entrypointId);
    if (!entrypoint) {
      entrypoint = { events: 0, deleted: 0, lastAt: 0 };
      this.#entrypoints.set(entrypointId, entrypoint);
    }
    return entrypoint;
  }

  #target(targetId: string): TargetChange {
    let target = this.#targets.get(targetId);
    if (!target) {
      const counts = { pending: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };
      target = { counts, created: 0, deleted: 0, delivered: 0, failed: 0, lastResult: null };
      this.#targets.set(targetId, target);
    }
    return target;
  }
}
