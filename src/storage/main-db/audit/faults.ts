/** Finds gaps in the audit log and entries that were changed or removed. */
import type { Database } from "bun:sqlite";
import { hashOf, readAuditRow } from "./entry.ts";

type Ends = Readonly<{ last_number: number; last_hash: string; pruned_number: number; pruned_hash: string }>;

/** Returns a sentence for the first fault, as every entry behind it depends on it. */
export function listAuditFaults(db: Database): readonly string[] {
  // A main database that was not opened since the upgrade has none.
  if (!db.query("SELECT 1 FROM sqlite_master WHERE name = 'audit_log'").get()) return [];
  db.run("BEGIN");
  try {
    const fault = findFault(db);
    return fault === null ? [] : [`the audit log is not as it was written: ${fault}`];
  } finally {
    db.run("ROLLBACK");
  }
}

function findFault(db: Database): string | null {
  const ends = db.query<Ends, []>("SELECT * FROM audit_log_ends").get();
  if (!ends) return "its ends are missing";
  let { pruned_number: number, pruned_hash: hash } = ends;
  for (const each of db.query("SELECT * FROM audit_log ORDER BY number").iterate()) {
    const row = readAuditRow(each);
    if (row.number !== number + 1) return missing(number + 1, row.number - 1);
    if (row.hash !== hashOf(hash, row)) return `entry ${row.number} was changed`;
    ({ number, hash } = row);
  }
  if (number < ends.last_number) return missing(number + 1, ends.last_number);
  return number === ends.last_number && hash === ends.last_hash ? null : `entry ${number} was changed`;
}

function missing(from: number, to: number): string {
  if (from > to) return `entry ${to + 1} is older than what was deleted by age`;
  return from === to ? `entry ${from} is missing` : `entries ${from} to ${to} are missing`;
}
