/** Lets one process at a time use a data folder. The lock ends with its process, even after kill -9. */
import { Database } from "bun:sqlite";
import { join } from "node:path";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { sqliteCode } from "../sqlite/sqlite.ts";
import { makeFolder } from "./folder.ts";

/** Keeps the connections alive: a lock whose release function nobody keeps would end at garbage collection. */
const locks = new Set<Database>();

/** Path of the lock file. It exists while the folder is in use and is left there afterwards. */
export function lockPathOf(folder: string): string {
  return join(folder, "webhooker.lock");
}

/**
 * Locks the folder and returns the function that unlocks it. Throws AppError `conflict` while another process has the
 * lock.
 */
export function lockFolder(folder: string): () => void {
  try {
    makeFolder(folder);
    const db = new Database(lockPathOf(folder), { readwrite: true, create: true });
    try {
      db.run("BEGIN EXCLUSIVE");
    } catch (error) {
      db.close(true);
      throw error;
    }
    locks.add(db);
    return () => {
      locks.delete(db);
      db.close(true);
    };
  } catch (error) {
    if (sqliteCode(error)?.startsWith("SQLITE_BUSY")) {
      throw new AppError({
        kind: "conflict",
        code: "folder_in_use",
        message: `Another webhooker is using the data folder ${folder}.`,
        hint: "Stop it first, or use another DATA_DIR and DBURL.",
      });
    }
    throw new AppError({
      kind: "unavailable",
      code: "folder_unusable",
      message: `The data folder ${folder} cannot be used: ${errorMessage(error)}.`,
      hint: "Set DATA_DIR to a folder that this user can write to.",
      cause: error,
    });
  }
}
