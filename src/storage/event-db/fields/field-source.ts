/** The events that an indexed field names, and those that the index does not have yet. */
import type { Database, SQLQueryBindings } from "bun:sqlite";
import type { FieldCondition } from "../event-filter.ts";
import type { Source } from "../event-source.ts";
import type { ReadableFile } from "../event-summary.ts";
import { eventsBehind, placesText, ROWID_OF, readFieldIndex } from "./field-index.ts";
import { AFTER_PREFIX, bitsOf, hashOf, idPrefix } from "./field-values.ts";

/** Events named by the index that are looked at in one go. */
const STEP = 1_000;
/** With more events behind the index, all are read: those are the newest, where a search begins. */
const MOST_BEHIND = 20_000;

/** The lowest and the highest id that have a prefix. */
const LOWEST_END = "-8000-000000000000";
const HIGHEST_END = "-bfff-ffffffffffff";

/** Rows that come after the last indexed event; all of them once the index is one of other places. */
const BEHIND = `SELECT behind.id FROM events behind WHERE behind.rowid > coalesce(
  (SELECT e.rowid FROM field_index i JOIN events e ON e.id = i.last_event_id WHERE i.places = ?), 0)`;

const NAMED = `SELECT named.id FROM event_fields f CROSS JOIN events named
    ON named.id >= ${idPrefix("f.event")} AND named.id < ${idPrefix("f.event")} || '${AFTER_PREFIX}'
  WHERE f.event <= ? AND f.event >= ? AND f.hash = ?`;

const NAMED_OR_BEHIND = `e.id IN (${NAMED} UNION ALL ${BEHIND})`;

/** Null if the index is of no use: it has none of the places, or is far behind. */
export function fieldSource(file: ReadableFile, fields: readonly FieldCondition[]): Source | null {
  const key = usefulKey(file, fields);
  return (
    key && {
      stepEnd: `SELECT ${idPrefix("event")} || '${LOWEST_END}' AS id FROM event_fields
      WHERE event <= ? AND event >= ? AND hash = ? ORDER BY event DESC LIMIT 1 OFFSET ${STEP}`,
      endValues: [key.hash],
      condition: NAMED_OR_BEHIND,
      values: [key.hash, key.places],
      toBound: bitsOf,
    }
  );
}

/** The same events for who goes from the oldest to the newest. */
export type FieldWalk = Readonly<{
  condition: string;
  /** Binds the events after one id, up to another. */
  values: (after: string, upTo: string) => SQLQueryBindings[];
  /** The id by which the index names `size` events more; null if it names fewer. */
  endAfter: (after: string, size: number) => string | null;
}>;

/** Null as for `fieldSource`. */
export function fieldWalk(file: ReadableFile, fields: readonly FieldCondition[]): FieldWalk | null {
  const key = usefulKey(file, fields);
  if (key === null) return null;
  const { hash, places } = key;
  const end = file.db.query<{ id: string }, [bigint, bigint, number]>(
    `SELECT ${idPrefix("event")} || '${HIGHEST_END}' AS id FROM event_fields
      WHERE hash = ? AND event > ? ORDER BY event LIMIT 1 OFFSET ?`,
  );
  return {
    condition: NAMED_OR_BEHIND,
    values: (after, upTo) => [bitsOf(upTo), bitsOf(after), hash, places],
    endAfter: (after, size) => end.get(hash, bitsOf(after), size - 1)?.id ?? null,
  };
}

function usefulKey(file: ReadableFile, fields: readonly FieldCondition[]) {
  const { places } = readFieldIndex(file.db);
  const field = fields.find(({ place }) => places.includes(place));
  if (field === undefined || eventsBehind(file.db) > MOST_BEHIND) return null;
  return { hash: hashOf(field.place, field.value), places: placesText(places) };
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
