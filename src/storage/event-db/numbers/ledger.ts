/** Compares the tallies with the rows that they count. */
import type { Database } from "bun:sqlite";
import { HOUR_MS } from "../../../lib/clock.ts";
import { listFieldFaults } from "../fields/field-faults.ts";
import type { DeliveryStatus } from "../types.ts";
import { AttemptCounts } from "./attempt-counts.ts";
import { countRows, type RowCounts } from "./row-counts.ts";

const STATUSES = ["pending", "delivered", "failed", "held", "discarded"] as const satisfies DeliveryStatus[];

type TargetRow = {
  target_id: string;
  created: number;
  deleted: number;
  filtered: number;
  filtered_deleted: number;
} & Record<DeliveryStatus, number>;
type HourRow = { target_id: string; hour: number | null; counts: Uint8Array | null };
const HOURS = `SELECT h.target_id, iif(t.target_id IS NULL, NULL, h.hour) AS hour, counts
    FROM target_hours h LEFT JOIN target_tallies t ON t.target_id = h.target_id
  UNION ALL SELECT target_id, hour, hour_counts FROM target_tallies WHERE hour IS NOT NULL OR hour_counts IS NOT NULL`;
type EntrypointRow = { entrypoint_id: string; tallied: number | null; counted: number | null };

/** Returns a sentence for each fault; reads one state of the file, however long that takes. */
export function listLedgerFaults(db: Database): readonly string[] {
  // Sorting takes a few megabytes, and a container may have no folder for temporary files.
  db.run("PRAGMA temp_store = MEMORY");
  db.run("BEGIN");
  try {
    const counts = countRows(db);
    return [
      ...checkTargets(db, counts),
      ...checkEntrypoints(db, counts),
      ...checkBelonging(db, counts),
      ...checkLanes(db),
      ...checkHours(db),
      ...listFieldFaults(db),
    ];
  } finally {
    db.run("ROLLBACK");
  }
}

function checkTargets(db: Database, { deliveries, filtered }: RowCounts): string[] {
  const unknown = new Set([...deliveries.keys(), ...filtered.keys()]);
  const faults: string[] = [];
  for (const row of db.query<TargetRow, []>("SELECT * FROM target_tallies").all()) {
    const { target_id, created, deleted } = row;
    const counts = deliveries.get(target_id);
    unknown.delete(target_id);
    let present = 0;
    for (const status of STATUSES) {
      const n = counts?.get(status) ?? 0;
      present += row[status];
      if (n === row[status]) continue;
      faults.push(`target ${target_id}: ${n} deliveries are ${status}, the ledger says ${row[status]}`);
    }
    const kept = row.filtered - row.filtered_deleted;
    const found = filtered.get(target_id) ?? 0;
    if (found !== kept)
      faults.push(`target ${target_id}: ${found} events are filtered, the ledger says ${kept}`);
    if (created !== present + deleted) {
      const sides = `${created} created, ${present} present and ${deleted} deleted`;
      faults.push(`target ${target_id}: the ledger is out of balance: ${sides}`);
    }
  }
  for (const target_id of unknown) {
    faults.push(`target ${target_id}: it has deliveries or filtered events that are not in the ledger`);
  }
  return faults;
}

function checkEntrypoints(db: Database, { events }: RowCounts): string[] {
  const sql = "SELECT entrypoint_id, events FROM entrypoint_tallies";
  const rows = db.query<{ entrypoint_id: string; events: number }, []>(sql).all();
  const tallies = new Map(rows.map((row) => [row.entrypoint_id, row.events]));
  return [...new Set([...tallies.keys(), ...events.keys()])].flatMap((id) => {
    const tallied = tallies.get(id);
    const counted = events.get(id) ?? 0;
    if (tallied === counted) return [];
    const said = tallied === undefined ? "they are not in the ledger" : `the ledger says ${tallied}`;
    return [`entrypoint ${id}: ${counted} events are stored, ${said}`];
  });
}

/** In each lane exactly one delivery must have a due time, unless its oldest one is held. */
function checkLanes(db: Database): string[] {
  return db
    .query<{ target_id: string; due: number; n: number }, []>(
      `SELECT target_id, due, count(*) AS n FROM (
        SELECT target_id, min(event_id), status, count(next_attempt_at) AS due FROM deliveries
          WHERE order_key IS NOT NULL AND (status = 'pending' OR status = 'held') GROUP BY target_id, order_key)
        WHERE due > 1 OR (due = 0 AND status = 'pending') GROUP BY target_id, due > 1`,
    )
    .all()
    .map(({ target_id, due, n }) =>
      due > 1
        ? `target ${target_id}: lanes in which more than one delivery is due: ${n}`
        : `target ${target_id}: lanes in which no delivery is due: ${n}`,
    );
}

/** A target's hours must have counts that the gateway could have written. */
function checkHours(db: Database): string[] {
  const faults = new Map<string, number>();
  for (const { target_id, hour, counts } of db.query<HourRow, []>(HOURS).iterate()) {
    const isSound = hour !== null && counts !== null && hour % HOUR_MS === 0 && AttemptCounts.decode(counts);
    if (!isSound) faults.set(target_id, (faults.get(target_id) ?? 0) + 1);
  }
  return [...faults].map(([id, n]) => `target ${id}: hours with invalid counts of attempts: ${n}`);
}

function checkRejected(db: Database): string[] {
  return db
    .query<EntrypointRow, []>(
      `SELECT entrypoint_id, t.requests AS tallied, c.n AS counted
        FROM (SELECT entrypoint_id, count(*) AS n, sum(size) AS bytes FROM rejected_requests GROUP BY 1) c
        FULL JOIN rejected_tallies t USING (entrypoint_id)
        WHERE coalesce(t.requests, -1) <> coalesce(c.n, 0) OR t.bytes <> coalesce(c.bytes, 0)`,
    )
    .all()
    .map(({ entrypoint_id, counted }) => {
      return `entrypoint ${entrypoint_id}: ${counted ?? 0} rejected requests are stored, the ledger disagrees`;
    });
}

function checkBelonging(db: Database, { strayDeliveries, strayResults }: RowCounts): string[] {
  const count = (sql: string) => db.query<{ n: number }, []>(`SELECT count(*) AS n ${sql}`).get()?.n ?? 0;
  const keys = count("FROM dedup_keys k WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = k.event_id)");
  const copies = count(
    "FROM event_duplicates c WHERE NOT EXISTS (SELECT 1 FROM dedup_keys k WHERE k.event_id = c.event_id)",
  );
  return [
    ...(keys > 0 ? [`keys of duplicates that belong to no event: ${keys}`] : []),
    ...(copies > 0 ? [`duplicates that belong to no key: ${copies}`] : []),
    ...checkRejected(db),
    ...(strayDeliveries > 0 ? [`deliveries that belong to no event: ${strayDeliveries}`] : []),
    ...(strayResults > 0 ? [`delivery results that belong to no delivery: ${strayResults}`] : []),
  ];
}
