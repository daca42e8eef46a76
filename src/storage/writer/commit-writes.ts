/** Commits a group of writes to an event file: all in one transaction, or one by one where one of them is at fault. */
import type { EventFile } from "../event-db/event-file.ts";
import { sqliteCode } from "../sqlite/sqlite.ts";

type Applicable = Readonly<{ apply: (file: EventFile) => void }>;

/** Returns the writes that were committed, and hands each other one to `reject`. Throws where the file is at fault. */
export function commitWrites<Write extends Applicable>(
  file: EventFile,
  writes: readonly Write[],
  reject: (write: Write, cause: unknown) => void,
): readonly Write[] {
  try {
    inTransaction(file, () => {
      for (const write of writes) write.apply(file);
    });
    return writes;
  } catch (error) {
    if (writes.length === 1 || isFileFault(error)) throw error;
  }
  return writes.filter((write) => {
    try {
      inTransaction(file, () => write.apply(file));
      return true;
    } catch (error) {
      reject(write, error);
      return false;
    }
  });
}

/** True where the connection can be used no more; a full disk or a lock is no such fault. */
export function isBroken(error: unknown): boolean {
  return /^SQLITE_(IOERR|CORRUPT|NOTADB|READONLY)/.test(sqliteCode(error) ?? "");
}

/** Runs `apply` in a transaction, with the counts of what it changes; rolled back where it throws. */
export function inTransaction<T>(file: EventFile, apply: (file: EventFile) => T): T {
  file.begin.run();
  try {
    const result = apply(file);
    file.tally.write();
    file.logPosition.write();
    file.commit.run();
    file.tally.committed();
    return result;
  } catch (error) {
    file.tally.clear();
    file.knownDue.forgetAll();
    file.filterNumbers.forgetAll();
    file.logPosition.clear();
    // SQLite has already rolled back by itself after a full disk or an I/O error.
    if (file.db.inTransaction) file.rollback.run();
    throw error;
  }
}

/** True where the file or the disk is at fault, not one row, so that committing one by one would not help. */
export function isFileFault(error: unknown): boolean {
  return isBroken(error) || /^SQLITE_(FULL|CANTOPEN|BUSY|LOCKED|NOMEM)/.test(sqliteCode(error) ?? "");
}
