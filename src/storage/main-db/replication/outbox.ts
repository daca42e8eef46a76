/** Changed rows of the leader that are not in the log yet, in the order of the changes. */
import type { Database } from "bun:sqlite";
import type { RowChange } from "./row-change.ts";
import { readStoredChange, type StoredChange } from "./stored-row.ts";

/** Changes that go into one entry of the log. */
export type OutboxBatch = Readonly<{
  /** Number of its last change. */
  upTo: number;
  changes: readonly RowChange[];
  /** False: a transaction goes on in the next batch. */
  isLast: boolean;
}>;

type OutboxRow = StoredChange & Readonly<{ id: number }>;

export class Outbox {
  readonly #last;
  readonly #rows;
  readonly #forget;
  /**
   * Last change of the batches that belong together. The end of a transaction cannot be seen here, but whatever is
   * committed at one moment ends with one.
   */
  #end: number | null = null;

  constructor(db: Database) {
    this.#last = db.prepare<{ id: number | null }, []>("SELECT max(id) AS id FROM cluster_outbox");
    this.#rows = db.prepare<OutboxRow, [number]>("SELECT * FROM cluster_outbox WHERE id <= ? ORDER BY id");
    this.#forget = db.prepare<unknown, [number]>("DELETE FROM cluster_outbox WHERE id <= ?");
  }

  /** Number of the latest change; null if there is none. */
  last(): number | null {
    return this.#last.get()?.id ?? null;
  }

  /** The oldest changes: as many as have about `maxBytes`, but at least one; null if there is none. */
  next(maxBytes: number): OutboxBatch | null {
    const end = this.#end ?? this.last();
    if (end === null) return null;
    this.#end = end;
    const changes: RowChange[] = [];
    let upTo = 0;
    let length = 0;
    for (const row of this.#rows.iterate(end)) {
      length += row.content.length;
      if (changes.length > 0 && length > maxBytes) break;
      changes.push(readStoredChange(row));
      upTo = row.id;
    }
    return { upTo, changes, isLast: upTo === end };
  }

  forget(upTo: number): void {
    this.#forget.run(upTo);
    if (this.#end !== null && upTo >= this.#end) this.#end = null;
  }

  clear(): void {
    this.forget(Number.MAX_SAFE_INTEGER);
  }
}
