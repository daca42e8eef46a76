/** How long database files are. */
import { statSync } from "node:fs";

/** Bytes; 0 where there is no such file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** What is told of a file of 0 bytes that must not be one. */
export const LOST = "it has 0 bytes: what was in it is lost";

/**
 * True where a database has nothing in it: there is no such file, or one of 0 bytes, which some file systems leave after
 * a crash and SQLite takes for a new one. A folder in its place is neither.
 */
export function isLost(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined || (stats.isFile() && stats.size === 0);
}

/** Bytes of a database's write-ahead log; 0 where it has none. */
export function logBytesOf(path: string): number {
  return sizeOf(`${path}-wal`);
}
