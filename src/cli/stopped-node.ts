/** Keeps changes out of the main database of a node whose gateway does not run. */
import { AppError } from "../lib/errors.ts";
import { lockFolder } from "../storage/folder/folder-lock.ts";
import type { MainDb } from "../storage/main-db/open.ts";

/**
 * A node that was killed while it led still takes changes as the leader. Its next start throws them away, because another
 * node leads by then; from here on they are refused instead.
 */
export function followIfStopped({ replication }: Pick<MainDb, "replication">, dataDir: string): void {
  if (replication.state()?.role !== "leading") return;
  let unlock: () => void;
  try {
    unlock = lockFolder(dataDir);
  } catch (error) {
    // Its gateway runs, and puts the changes into the log.
    if (error instanceof AppError && error.code === "folder_in_use") return;
    throw error;
  }
  try {
    replication.follow();
  } finally {
    unlock();
  }
}
