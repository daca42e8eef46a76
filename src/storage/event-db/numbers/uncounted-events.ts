/** Events that no tally has counted yet: added to the tallies many at a time, and counted by who asks until then. */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "../../../lib/clock.ts";

/**
 * So many are counted together. Whoever asks for a tally reads those that are left, and each opening of the file does;
 * with 100 busy webhooks, each event of which is a transaction, counting them one by one took a fifth of their rate.
 */
const COUNTED_TOGETHER = 64;

const NEWEST = "SELECT id FROM events ORDER BY rowid DESC LIMIT 1";

type Left = { entrypoint_id: string; hour: number; events: number; bytes: number; last: number };

export class UncountedEvents {
  readonly #left;
  readonly #entrypoint;
  readonly #hour;
  readonly #mark;
  readonly #markDeleted;
  #events: number;
  #eventsBefore: number;

  constructor(db: Database) {
    this.#left = db.prepare<Left, []>(
      `SELECT entrypoint_id, received_at - received_at % ${HOUR_MS} AS hour, count(*) AS events,
         sum(body_size) AS bytes, max(received_at) AS last FROM uncounted_events GROUP BY 1, 2`,
    );
    this.#entrypoint = db.prepare<unknown, [string, number, number]>(
      `INSERT INTO counted_entrypoints (entrypoint_id, events, last_event_at) VALUES (?, ?, ?)
       ON CONFLICT (entrypoint_id) DO UPDATE SET events = events + excluded.events,
         last_event_at = max(last_event_at, excluded.last_event_at)`,
    );
    this.#hour = db.prepare<unknown, [number, number, number]>(
      `INSERT INTO counted_hours (hour, received, bytes, delivered, failed) VALUES (?, ?, ?, 0, 0)
       ON CONFLICT (hour) DO UPDATE SET received = received + excluded.received, bytes = bytes + excluded.bytes`,
    );
    this.#mark = db.prepare(
      `INSERT INTO last_counted_event (one, id) SELECT 1, id FROM (${NEWEST}) WHERE true
       ON CONFLICT (one) DO UPDATE SET id = excluded.id`,
    );
    this.#markDeleted = db.prepare<unknown, [string]>(
      `UPDATE last_counted_event SET id = coalesce((${NEWEST}), '') WHERE id = ?`,
    );
    this.#events = this.#left.all().reduce((sum, { events }) => sum + events, 0);
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
    for (const { entrypoint_id, hour, events, bytes, last } of this.#left.all()) {
      this.#entrypoint.run(entrypoint_id, events, last);
      this.#hour.run(hour, events, bytes);
    }
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
