/** Changed rows of the leader that are not in the log yet, in the order of the changes. */
import type { Database } from "bun:sqlite";
import { z } from "zod";
import type { Row, RowChange, RowValue } from "./row-change.ts";

/** Changes that go into one entry of the log. */
export type OutboxBatch = Readonly<{
  /** Number of its last change. */
  upTo: number;
  changes: readonly RowChange[];
  /** False: a transaction goes on in the next batch. */
  isLast: boolean;
}>;

type OutboxRow = Readonly<{ id: number; table_name: string; op: "put" | "gone"; content: string }>;

/** As the triggers write them: JSON has no bytes. */
const storedRow = z.record(
  z.string(),
  z.union([
    z.null(),
    z.string(),
    z.number(),
    z.object({ int: z.string() }),
    z.object({ real: z.string() }),
    z.object({ blob: z.string() }),
  ]),
);

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
      changes.push(toChange(row));
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

function toChange({ table_name: table, op, content }: OutboxRow): RowChange {
  const row = toRow(storedRow.parse(JSON.parse(content)));
  return op === "put" ? { table, row } : { table, gone: row };
}

function toRow(stored: z.infer<typeof storedRow>): Row {
  const pairs = Object.entries(stored).map(([column, value]): [string, RowValue] => [
    column,
    typeof value === "object" && value !== null && "blob" in value
      ? new Uint8Array(Buffer.from(value.blob, "hex"))
      : value,
  ]);
  return Object.fromEntries(pairs);
}
