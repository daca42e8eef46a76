/** In which hours each entrypoint received anything: noted once an hour, so that no event pays for it. */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "../../../lib/clock.ts";

/** Four weeks to compare with, and the present one. */
const KEPT_MS = 35 * 24 * HOUR_MS;

export type Rhythm = Readonly<{
  lastEventAt: number;
  /** The starts of the hours in which it received anything, oldest first. */
  hours: readonly number[];
}>;

/** By entrypoint. */
export type Rhythms = ReadonlyMap<string, Rhythm>;

export class HourNotes {
  readonly #insert;
  readonly #prune;
  /** The last hour that is noted, by entrypoint. */
  readonly #noted = new Map<string, number>();

  constructor(db: Database) {
    this.#insert = db.prepare<unknown, [string, number]>(
      "INSERT OR IGNORE INTO entrypoint_hours VALUES (?, ?)",
    );
    this.#prune = db.prepare<unknown, [string, number]>(
      "DELETE FROM entrypoint_hours WHERE entrypoint_id = ? AND hour < ?",
    );
  }

  /** Inside the transaction that stores the event received at `at`. */
  note(entrypointId: string, at: number): void {
    const hour = at - (at % HOUR_MS);
    if (this.#noted.get(entrypointId) === hour) return;
    this.#insert.run(entrypointId, hour);
    this.#prune.run(entrypointId, hour - KEPT_MS);
    this.#noted.set(entrypointId, hour);
  }

  /** The transaction was rolled back: what it noted may be missing. */
  clear(): void {
    this.#noted.clear();
  }
}

export function readRhythms(db: Database): Rhythms {
  const last = db
    .query<{ entrypoint_id: string; last_event_at: number }, []>(
      "SELECT entrypoint_id, last_event_at FROM entrypoint_tallies",
    )
    .all();
  const hours = db.query<{ hour: number }, [string]>(
    "SELECT hour FROM entrypoint_hours WHERE entrypoint_id = ? ORDER BY hour",
  );
  return new Map(
    last.map(({ entrypoint_id, last_event_at }) => [
      entrypoint_id,
      { lastEventAt: last_event_at, hours: hours.all(entrypoint_id).map(({ hour }) => hour) },
    ]),
  );
}
