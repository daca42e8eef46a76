/** Events that are not in the tallies yet: added many at a time; until then, each reader of a tally counts them. */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "../../../lib/clock.ts";
import { prepareLazily } from "../../sqlite/lazy-statements.ts";

/**
 * Number of events counted together. Readers of a tally, and each opening of the file, read those that are left. With
 * 100 busy webhooks, where each event is a transaction, counting one by one cost a fifth of the rate.
 */
const COUNTED_TOGETHER = 64;

const NEWEST = "SELECT id FROM events ORDER BY rowid DESC LIMIT 1";

type Left = { entrypoint_id: string; hour: number; events: number; bytes: number; last: number };

function prepareStatements(db: Database) {
  return prepareLazily({
    left: () =>
      db.prepare<Left, []>(
        `SELECT entrypoint_id, received_at - received_at % ${HOUR_MS} AS hour, count(*) AS events,
           sum(body_size) AS bytes, max(received_at) AS last FROM uncounted_events GROUP BY 1, 2`,
      ),
    entrypoint: () =>
      db.prepare<unknown, [string, number, number]>(
        `INSERT INTO counted_entrypoints (entrypoint_id, events, last_event_at) VALUES (?, ?, ?)
         ON CONFLICT (entrypoint_id) DO UPDATE SET events = events + excluded.events,
           last_event_at = max(last_event_at, excluded.last_event_at)`,
      ),
    hour: () =>
      db.prepare<unknown, [number, number, number]>(
        `INSERT INTO counted_hours (hour, received, bytes, delivered, failed) VALUES (?, ?, ?, 0, 0)
         ON CONFLICT (hour) DO UPDATE SET received = received + excluded.received, bytes = bytes + excluded.bytes`,
      ),
    mark: () =>
      db.prepare(
        `INSERT INTO last_counted_event (one, id) SELECT 1, id FROM (${NEWEST}) WHERE true
         ON CONFLICT (one) DO UPDATE SET id = excluded.id`,
      ),
    markDeleted: () =>
      db.prepare<unknown, [string]>(
        `UPDATE last_counted_event SET id = coalesce((${NEWEST}), '') WHERE id = ?`,
      ),
  });
}

export class UncountedEvents {
  readonly #statements;
  #events: number;
  #eventsBefore: number;

  constructor(db: Database) {
    this.#statements = prepareStatements(db);
    this.#events = this.#statements.left.all().reduce((sum, { events }) => sum + events, 0);
    this.#eventsBefore = this.#events;
  }

  /** Adds an event stored in the transaction under way. */
  add(): void {
    this.#events++;
  }

  /** Counts the events if there are many. */
  countMany(): void {
    if (this.#events >= COUNTED_TOGETHER) this.count();
  }

  count(): void {
    if (this.#events === 0) return;
    for (const { entrypoint_id, hour, events, bytes, last } of this.#statements.left.all()) {
      this.#statements.entrypoint.run(entrypoint_id, events, last);
      this.#statements.hour.run(hour, events, bytes);
    }
    this.#statements.mark.run();
    this.#events = 0;
  }

  /** Call after a counted event was deleted; it may have been the last one counted. */
  deleted(eventId: string): void {
    this.#statements.markDeleted.run(eventId);
  }

  committed(): void {
    this.#eventsBefore = this.#events;
  }

  /** Call after a rollback. */
  clear(): void {
    this.#events = this.#eventsBefore;
  }
}
