/** Compares the index of fields with the events that it is made of. */
import type { Database } from "bun:sqlite";
import { readFieldIndex } from "./field-index.ts";
import { AFTER_PREFIX, bitsOf, FIELD_COLUMNS, type FieldRow, hashesOf, idPrefix } from "./field-values.ts";

/** One sentence for each kind of fault; reads every indexed event. */
export function listFieldFaults(db: Database): readonly string[] {
  const { places, lastEventId } = readFieldIndex(db);
  if (places.length === 0) return [];
  const entry = db.query<unknown, [bigint, bigint]>(
    "SELECT 1 FROM event_fields WHERE hash = ? AND event = ?",
  );
  const indexed = db.query<FieldRow, [string]>(
    `SELECT ${FIELD_COLUMNS} FROM events WHERE rowid <= (SELECT rowid FROM events WHERE id = ?) ORDER BY rowid`,
  );
  let missing = 0;
  for (const row of indexed.iterate(lastEventId)) {
    for (const hash of hashesOf(row, places)) if (entry.get(hash, bitsOf(row.id)) === null) missing++;
  }
  const prefix = idPrefix("f.event");
  const stray = db
    .query<{ n: number }, []>(
      `SELECT count(*) AS n FROM event_fields f WHERE NOT EXISTS
        (SELECT 1 FROM events e WHERE e.id >= ${prefix} AND e.id < ${prefix} || '${AFTER_PREFIX}')`,
    )
    .get();
  return [
    ...(missing > 0 ? [`values of fields that are missing in their index: ${missing}`] : []),
    ...(stray && stray.n > 0 ? [`entries of the index of fields that belong to no event: ${stray.n}`] : []),
  ];
}
