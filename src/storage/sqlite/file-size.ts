/** Sizes of database files. */
import { statSync } from "node:fs";

/** Size of the file in bytes; 0 if it does not exist. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Message for a file of 0 bytes that must have content. */
export const LOST = "it has 0 bytes: what was in it is lost";

/**
 * True if a database has no content: the file is missing or has 0 bytes, which some file systems leave after a crash
 * and SQLite takes for a new database. False for a folder at that path.
 */
export function isLost(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined || (stats.isFile() && stats.size === 0);
}

/** Size of a database's write-ahead log in bytes; 0 if it has none. */
export function walBytesOf(path: string): number {
  return sizeOf(`${path}-wal`);
}
