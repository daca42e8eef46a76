/**
 * Stores the hours in which each entrypoint received an event: written once an hour, so that events cost nothing more.
 */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "../../../lib/clock.ts";
import { prepareLazily } from "../../sqlite/lazy-statements.ts";

/** Four weeks to compare with, and the present one. */
const KEPT_MS = 35 * 24 * HOUR_MS;

export type Rhythm = Readonly<{
  lastEventAt: number;
  /** Starts of the hours in which it received an event, oldest first. */
  hours: readonly number[];
}>;

/** By entrypoint id. */
export type Rhythms = ReadonlyMap<string, Rhythm>;

function prepareStatements(db: Database) {
  return prepareLazily({
    insert: () =>
      db.prepare<unknown, [string, number]>("INSERT OR IGNORE INTO entrypoint_hours VALUES (?, ?)"),
    prune: () =>
      db.prepare<unknown, [string, number]>(
        "DELETE FROM entrypoint_hours WHERE entrypoint_id = ? AND hour < ?",
      ),
  });
}

export class HourNotes {
  readonly #statements;
  /** The last stored hour by entrypoint id. */
  readonly #noted = new Map<string, number>();

  constructor(db: Database) {
    this.#statements = prepareStatements(db);
  }

  /** Call inside the transaction that stores the event received at `at`. */
  note(entrypointId: string, at: number): void {
    const hour = at - (at % HOUR_MS);
    if (this.#noted.get(entrypointId) === hour) return;
    this.#statements.insert.run(entrypointId, hour);
    this.#statements.prune.run(entrypointId, hour - KEPT_MS);
    this.#noted.set(entrypointId, hour);
  }

  /** Call after a rollback: the noted hours may be missing in the file. */
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
