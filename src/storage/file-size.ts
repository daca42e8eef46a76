/** How long database files are. */
import { statSync } from "node:fs";

/** Bytes; 0 where there is no such file. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Bytes of a database's write-ahead log; 0 where it has none. */
export function logBytesOf(path: string): number {
  return sizeOf(`${path}-wal`);
}
