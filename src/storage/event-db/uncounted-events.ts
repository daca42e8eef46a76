/** Events that no tally has counted yet: added to the tallies many at a time, and counted by who asks until then. */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "./rhythm.ts";

/**
 * So many are counted together. Whoever asks for a tally reads those that are left, and each opening of the file does;
 * with 100 busy webhooks, each event of which is a transaction, counting them one by one took a fifth of their rate.
 */
const COUNTED_TOGETHER = 64;

const NEWEST = "SELECT id FROM events ORDER BY rowid DESC LIMIT 1";

export class UncountedEvents {
  readonly #entrypoints;
  readonly #hours;
  readonly #mark;
  readonly #markDeleted;
  #events: number;
  #eventsBefore: number;

  constructor(db: Database) {
    this.#entrypoints = db.prepare(
      `INSERT INTO counted_entrypoints (entrypoint_id, events, last_event_at)
         SELECT entrypoint_id, count(*), max(received_at) FROM uncounted_events WHERE true GROUP BY 1
       ON CONFLICT (entrypoint_id) DO UPDATE SET events = events + excluded.events,
         last_event_at = max(last_event_at, excluded.last_event_at)`,
    );
    this.#hours = db.prepare(
      `INSERT INTO counted_hours (hour, received, bytes, delivered, failed)
         SELECT received_at - received_at % ${HOUR_MS}, count(*), sum(body_size), 0, 0 FROM uncounted_events
           WHERE true GROUP BY 1
       ON CONFLICT (hour) DO UPDATE SET received = received + excluded.received, bytes = bytes + excluded.bytes`,
    );
    this.#mark = db.prepare(
      `INSERT INTO last_counted_event (one, id) SELECT 1, id FROM (${NEWEST}) WHERE true
       ON CONFLICT (one) DO UPDATE SET id = excluded.id`,
    );
    this.#markDeleted = db.prepare<unknown, [string]>(
      `UPDATE last_counted_event SET id = coalesce((${NEWEST}), '') WHERE id = ?`,
    );
    const left = "SELECT count(*) AS n FROM uncounted_events";
    this.#events = db.prepare<{ n: number }, []>(left).get()?.n ?? 0;
    this.#eventsBefore = this.#events;
  }

  /** One was stored in the transaction under way, as in all that follow. */
  add(): void {
    this.#events++;
  }

  /** Adds them to the tallies if they have become many. */
  countMany(): void {
    if (this.#events >= COUNTED_TOGETHER) this.count();
  }

  count(): void {
    if (this.#events === 0) return;
    this.#entrypoints.run();
    this.#hours.run();
    this.#mark.run();
    this.#events = 0;
  }

  /** Of those that were counted this one has just been deleted, be it the last. */
  deleted(eventId: string): void {
    this.#markDeleted.run(eventId);
  }

  committed(): void {
    this.#eventsBefore = this.#events;
  }

  /** The transaction was rolled back. */
  clear(): void {
    this.#events = this.#eventsBefore;
  }
}
