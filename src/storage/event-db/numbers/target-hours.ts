/**
 * Counts each target's attempts by hour. The counts of its last hour are written with its tallies, in the same row: an
 * attempt costs no statement of its own, and no count is lost with the process.
 */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "../../../lib/clock.ts";
import { prepareLazily } from "../../sqlite/lazy-statements.ts";
import { type Attempt, AttemptCounts } from "./attempt-counts.ts";

export type StoredHour = { hour: number; counts: Uint8Array };

type Hour = Readonly<{ hour: number; counts: AttemptCounts }>;

function prepareStatements(db: Database) {
  return prepareLazily({
    last: () =>
      db.prepare<StoredHour, [targetId: string]>(
        "SELECT hour, hour_counts AS counts FROM target_tallies WHERE target_id = ? AND hour_counts IS NOT NULL",
      ),
    stored: () =>
      db.prepare<{ counts: Uint8Array }, [targetId: string, hour: number]>(
        "SELECT counts FROM target_hours WHERE target_id = ? AND hour = ?",
      ),
    store: () =>
      db.prepare<unknown, [targetId: string, hour: number, counts: Uint8Array]>(
        "INSERT OR REPLACE INTO target_hours VALUES (?, ?, ?)",
      ),
  });
}

export class TargetHours {
  readonly #statements;
  /** The last hour of each target that had an attempt since the file was opened. */
  readonly #hours = new Map<string, Hour>();

  constructor(db: Database) {
    this.#statements = prepareStatements(db);
  }

  /** Adds an attempt inside the transaction that stores it. */
  add(targetId: string, attempt: Attempt): void {
    const hour = attempt.at - (attempt.at % HOUR_MS);
    let last = this.#lastOf(targetId);
    if (last?.hour !== hour) {
      if (last) this.#move(targetId, last);
      last = { hour, counts: new AttemptCounts() };
      this.#hours.set(targetId, last);
    }
    last.counts.add(attempt);
  }

  /** The counts to write with the target's tallies, in the transaction under way. */
  lastHour(targetId: string): StoredHour | null {
    const last = this.#lastOf(targetId);
    return last && { hour: last.hour, counts: last.counts.encode() };
  }

  /** Call after a rollback. */
  clear(): void {
    this.#hours.clear();
  }

  #lastOf(targetId: string): Hour | null {
    const known = this.#hours.get(targetId);
    if (known) return known;
    const row = this.#statements.last.get(targetId);
    if (!row) return null;
    const read = { hour: row.hour, counts: decodeHour(row.counts) };
    this.#hours.set(targetId, read);
    return read;
  }

  /** A clock that was set back brings an hour a second time. */
  #move(targetId: string, { hour, counts }: Hour): void {
    const stored = this.#statements.stored.get(targetId, hour);
    if (stored) counts.addAll(decodeHour(stored.counts));
    this.#statements.store.run(targetId, hour, counts.encode());
  }
}

/** Damaged counts count as none: `webhooker check` reports them, and deliveries go on. */
export function decodeHour(counts: Uint8Array): AttemptCounts {
  return AttemptCounts.decode(counts) ?? new AttemptCounts();
}
