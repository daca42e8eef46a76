/** Reads what rows of the log show of bodies, and the types of recent events; never much of a file. */
import { PREVIEW_BYTES, previewOf } from "../../bodies/body-preview.ts";
import type { EventFile } from "./event-file.ts";

/** SQLite reads a body whole, even for its beginning: larger ones have no preview. */
const MAX_BODY_BYTES = 64 * 1024;

/** Recent events whose types are listed, and their bodies: a type is stored behind its body, which is read past. */
const RECENT_EVENTS = 1_000;
const RECENT_BYTES = 8 * 1024 * 1024;
const MAX_TYPES = 50;
/** Longer types are not listed: a page that proposes them would be large. */
const MAX_TYPE_CHARS = 80;

type Row = Readonly<{
  id: string;
  content_type: string;
  type: string | null;
  body_size: number;
  start: Uint8Array;
}>;

/** By event id, one line on each body; events whose bodies say nothing are missing. */
export function readPreviews(
  file: Pick<EventFile, "db">,
  ids: readonly string[],
): ReadonlyMap<string, string> {
  const rows = file.db
    .query<Row, [string]>(
      `SELECT id, content_type, type, body_size, substr(body, 1, ${PREVIEW_BYTES}) AS start FROM events
        WHERE id IN (SELECT value FROM json_each(?)) AND body_size BETWEEN 1 AND ${MAX_BODY_BYTES}`,
    )
    .all(JSON.stringify(ids));
  const previews = new Map<string, string>();
  for (const { id, content_type: contentType, type, body_size, start } of rows) {
    const preview = previewOf(start, { contentType, type, isCut: body_size > PREVIEW_BYTES });
    if (preview !== null) previews.set(id, preview);
  }
  return previews;
}

/** The types of the newest events, the most frequent first. */
export function listRecentTypes(file: Pick<EventFile, "db">): readonly string[] {
  const counts = new Map<string, number>();
  const rows = file.db.query<{ type: string | null; body_size: number }, []>(
    `SELECT type, body_size FROM events ORDER BY id DESC LIMIT ${RECENT_EVENTS}`,
  );
  let bytes = 0;
  for (const { type, body_size } of rows.iterate()) {
    if (type !== null && type.length <= MAX_TYPE_CHARS) counts.set(type, (counts.get(type) ?? 0) + 1);
    bytes += body_size;
    if (bytes > RECENT_BYTES) break;
  }
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .slice(0, MAX_TYPES)
    .map(([type]) => type);
}
