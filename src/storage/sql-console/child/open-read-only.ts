/** Opens an event file so that a stranger's SQL can read it and do nothing else. */
import { DatabaseSync } from "node:sqlite";
import { readHeader } from "./header.ts";

const BUSY_TIMEOUT_MS = 2_000;
const LIMITS = {
  // The length of one value: SQLite takes several times as much to make it, before the watch on memory sees that.
  length: 16 * 2 ** 20,
  sqlLength: 64 * 1024,
  column: 200,
  exprDepth: 200,
  compoundSelect: 50,
  vdbeOp: 250_000,
  functionArg: 127,
  attach: 0,
  likePatternLength: 1_000,
  variableNumber: 1_000,
  triggerDepth: 1,
};

export function openReadOnly(path: string): DatabaseSync {
  const db = new DatabaseSync(path, {
    readOnly: true,
    allowExtension: false,
    defensive: true,
    timeout: BUSY_TIMEOUT_MS,
    readBigInts: true,
    returnArrays: true,
    // A named parameter that the statement has not is somebody's mistake.
    allowUnknownNamedParameters: false,
    limits: LIMITS,
  });
  // SQLite must not sort in files.
  db.exec("PRAGMA temp_store = memory");
  db.exec("PRAGMA trusted_schema = OFF");
  db.function("header", { deterministic: true }, readHeader);
  return db;
}
