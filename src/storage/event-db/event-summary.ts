/** An event as lists show it: without headers and body, with the counts of its deliveries. */
import { countDuplicates, NO_COUNTS } from "./duplicates.ts";
import type { EventFile } from "./event-file.ts";
import { type DeliveryState, HAD_ATTEMPT } from "./event-filter.ts";
import { readPreviews } from "./event-preview.ts";
import type { DeliveryStatus, EventDeliveryCounts, EventSummary } from "./types.ts";

/** A file read either by the connection that also writes, or by another one. */
export type ReadableFile = Pick<EventFile, "db">;

export const SUMMARY_COLUMNS = `e.id, e.entrypoint_id, e.received_at, e.method, e.path_tail, e.query,
  e.content_type, e.remote_address, e.type, e.body_size,
  coalesce(json_array_length(e.filtered), 0) AS filtered`;

export type SummaryRow = Readonly<{
  id: string;
  entrypoint_id: string;
  received_at: number;
  method: string;
  path_tail: string;
  query: string;
  content_type: string;
  remote_address: string;
  type: string | null;
  body_size: number;
  filtered: number;
}>;

const NO_PREVIEWS: ReadonlyMap<string, string> = new Map();

/** Adds the counts of deliveries and duplicates, and previews if wanted; a query each for the whole page. */
export function summarize(
  file: ReadableFile,
  rows: readonly SummaryRow[],
  withPreviews: boolean,
): readonly EventSummary[] {
  const ids = rows.map(({ id }) => id);
  const counts = countDeliveries(file, ids);
  const duplicates = countDuplicates(file, ids);
  const previews = withPreviews ? readPreviews(file, ids) : NO_PREVIEWS;
  return rows.map((row) => ({
    id: row.id,
    entrypointId: row.entrypoint_id,
    receivedAt: row.received_at,
    method: row.method,
    pathTail: row.path_tail,
    query: row.query,
    contentType: row.content_type,
    remoteAddress: row.remote_address,
    type: row.type,
    bodySize: row.body_size,
    preview: previews.get(row.id) ?? null,
    deliveries: counts.get(row.id) ?? noDeliveries(),
    filtered: row.filtered,
    duplicates: duplicates.get(row.id) ?? NO_COUNTS,
  }));
}

function countDeliveries(
  file: ReadableFile,
  ids: readonly string[],
): ReadonlyMap<string, EventDeliveryCounts> {
  const counts = new Map<string, Record<DeliveryState, number>>();
  const deliveries = file.db
    .query<{ event_id: string; status: DeliveryStatus; hadAttempt: number }, [string]>(
      `SELECT event_id, status, ${HAD_ATTEMPT} AS hadAttempt FROM deliveries
        WHERE event_id IN (SELECT value FROM json_each(?))`,
    )
    .all(JSON.stringify(ids));
  for (const { event_id, status, hadAttempt } of deliveries) {
    const count = counts.get(event_id) ?? noDeliveries();
    count[status]++;
    if (status === "pending" && hadAttempt) count.retrying++;
    counts.set(event_id, count);
  }
  return counts;
}

function noDeliveries(): Record<DeliveryState, number> {
  return { pending: 0, retrying: 0, delivered: 0, failed: 0, held: 0, discarded: 0 };
}
