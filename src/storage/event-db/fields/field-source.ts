/** The events that an indexed field names, and those that the index does not have yet. */
import type { Database } from "bun:sqlite";
import type { FieldCondition } from "../event-filter.ts";
import type { Source } from "../event-source.ts";
import type { ReadableFile } from "../event-summary.ts";
import { eventsBehind, placesText, ROWID_OF, readFieldIndex } from "./field-index.ts";
import { AFTER_PREFIX, bitsOf, hashOf, idPrefix } from "./field-values.ts";

/** Events named by the index that are looked at in one go. */
const STEP = 1_000;
/** With more events behind the index, all are read: those are the newest, where a search begins. */
const MOST_BEHIND = 20_000;

/** The lowest id that has a prefix. */
const LOWEST_END = "-8000-000000000000";

/** Rows that come after the last indexed event; all of them once the index is one of other places. */
const BEHIND = `SELECT behind.id FROM events behind WHERE behind.rowid > coalesce(
  (SELECT e.rowid FROM field_index i JOIN events e ON e.id = i.last_event_id WHERE i.places = ?), 0)`;

const NAMED = `SELECT named.id FROM event_fields f CROSS JOIN events named
    ON named.id >= ${idPrefix("f.event")} AND named.id < ${idPrefix("f.event")} || '${AFTER_PREFIX}'
  WHERE f.event <= ? AND f.event >= ? AND f.hash = ?`;

/** Null if the index is of no use: it has none of the places, or is far behind. */
export function fieldSource(file: ReadableFile, fields: readonly FieldCondition[]): Source | null {
  const { places } = readFieldIndex(file.db);
  const field = fields.find(({ place }) => places.includes(place));
  if (field === undefined || eventsBehind(file.db) > MOST_BEHIND) return null;
  const hash = hashOf(field.place, field.value);
  return {
    stepEnd: `SELECT ${idPrefix("event")} || '${LOWEST_END}' AS id FROM event_fields
      WHERE event <= ? AND event >= ? AND hash = ? ORDER BY event DESC LIMIT 1 OFFSET ${STEP}`,
    endValues: [hash],
    condition: `e.id IN (${NAMED} UNION ALL ${BEHIND})`,
    values: [hash, placesText(places)],
    toBound: bitsOf,
  };
}

/** How much of the events the index has, from 0 to 1; null where it has enough to be used. */
export function indexedShare(db: Database): number | null {
  if (eventsBehind(db) <= MOST_BEHIND) return null;
  const { lastEventId } = readFieldIndex(db);
  const rows = db
    .query<{ first: number; last: number; mark: number }, [string]>(
      `SELECT (SELECT min(rowid) FROM events) AS first, (SELECT max(rowid) FROM events) AS last,
         ${ROWID_OF} AS mark`,
    )
    .get(lastEventId);
  return rows && Math.max(0, rows.mark - rows.first + 1) / (rows.last - rows.first + 1);
}
