/** A leading main database and a following copy, joined by a log that only exists in memory. */
import { Database } from "bun:sqlite";
import { decodeRecord, encodeRecord } from "../../../../src/storage/cluster/record.ts";
import type { MainDb } from "../../../../src/storage/main-db/open.ts";
import {
  listReplicatedTables,
  quoted,
} from "../../../../src/storage/main-db/replication/replicated-tables.ts";
import {
  RowGathering,
  type ShippedRows,
  shippedRowsSchema,
} from "../../../../src/storage/main-db/replication/row-change.ts";
import { createTestMainDb, type TestMainDb } from "../../../support/main-db.ts";

export const BORN = "log-1";

export type Copies = Readonly<{
  leader: TestMainDb;
  follower: TestMainDb;
  /** The log: each entry as bytes, at the position of its index plus one. */
  log: Uint8Array[];
  /** Puts all captured changes into the log. */
  ship: (maxBytes?: number) => void;
  /** Applies what the log has beyond the follower's position. */
  follow: (mainDb?: MainDb) => void;
  dispose: () => void;
}>;

/** `prepare` runs on each database before it joins. */
export function createCopies(prepare: (db: Database) => void = () => undefined): Copies {
  const [leader, follower] = [createTestMainDb(), createTestMainDb()];
  const log: Uint8Array[] = [];
  for (const { path } of [leader, follower]) withConnection(path, prepare);
  leader.mainDb.replication.join({ born: BORN, position: 0, role: "leading" });
  follower.mainDb.replication.join({ born: BORN, position: 0, role: "following" });
  return {
    leader,
    follower,
    log,
    ship(maxBytes = 1_000_000) {
      const { replication } = leader.mainDb;
      for (let batch = replication.outbox(maxBytes); batch !== null; batch = replication.outbox(maxBytes)) {
        const entry: ShippedRows = { rows: batch.changes, ...(!batch.isLast && { more: true }) };
        log.push(encodeRecord({ node: "leader", entries: [entry] }));
        replication.forget(batch.upTo, log.length);
      }
    },
    follow(mainDb = follower.mainDb) {
      const gathering = new RowGathering();
      const { position } = mainDb.replication.state() ?? { position: 0 };
      for (const [index, bytes] of log.entries()) {
        if (index < position) continue;
        for (const entry of decodeRecord(bytes).entries) {
          const changes = gathering.add(shippedRowsSchema.parse(entry) as ShippedRows);
          if (changes !== null) mainDb.replication.apply(changes, index + 1);
        }
      }
    },
    dispose() {
      leader.dispose();
      follower.dispose();
    },
  };
}

/** Returns an entry as it comes out of the log. */
export function throughTheLog(entry: ShippedRows): ShippedRows {
  const [read] = decodeRecord(encodeRecord({ node: "leader", entries: [entry] })).entries;
  return shippedRowsSchema.parse(read) as ShippedRows;
}

/** Runs `act` on a connection of its own, as another process would. */
export function withConnection<T>(path: string, act: (db: Database) => T): T {
  const db = new Database(path, { strict: true });
  try {
    db.run("PRAGMA foreign_keys = ON");
    return act(db);
  } finally {
    db.close();
  }
}

/** Every row of every replicated table with the exact type and bytes of each value. */
export function contentOf({ path }: TestMainDb): Readonly<Record<string, readonly unknown[]>> {
  return withConnection(path, (db) =>
    Object.fromEntries(
      listReplicatedTables(db).map(({ name, columns, key }) => {
        const exact = columns.map((each) => typeAndValue(quoted(each)));
        const sql = `SELECT json_array(${exact.join(", ")}) AS row FROM ${quoted(name)}
          ORDER BY ${key.map(quoted).join(", ")}`;
        return [
          name,
          db
            .query<{ row: string }, []>(sql)
            .all()
            .map(({ row }) => row),
        ];
      }),
    ),
  );
}

/** `quote` ends at a zero byte, and `hex` rounds floating-point numbers. */
function typeAndValue(column: string): string {
  return `typeof(${column}) || ' ' || quote(${column}) || ' ' || hex(${column})`;
}
