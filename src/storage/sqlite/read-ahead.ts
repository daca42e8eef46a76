/** Has the system take a large file into memory in the order of the disk, before it is read in another order. */
import { closeSync, openSync, readSync } from "node:fs";
import { freemem } from "node:os";

/** Smaller ones are soon read in any order. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** The rest is for what others read meanwhile. */
const FREE_SHARE = 3 / 4;
const CHUNK_BYTES = 4 * 1024 * 1024;

export function isWorthReadingAhead(bytes: number, freeMemory = freemem()): boolean {
  // Of a file that does not fit the beginning would be gone again before it is needed.
  return bytes >= LARGE_BYTES && bytes < freeMemory * FREE_SHARE;
}

/**
 * SQLite checks a file tree by tree, whose pages lie between each other's, and reads each page by itself: 11.4 GB took
 * 307 s, during which its log could not be started over; after this, which took 65 s, they took 60. Blocks meanwhile; returns the bytes that were read, fewer where the
 * file or the disk is at fault, which whoever reads it next is told.
 */
export function readAhead(path: string): number {
  const chunk = new Uint8Array(CHUNK_BYTES);
  let done = 0;
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, "r");
    for (;;) {
      const since = performance.now();
      const read = readSync(descriptor, chunk, 0, CHUNK_BYTES, done);
      if (read === 0) return done;
      done += read;
      // The disk is others' too, who wait for their syncs.
      Bun.sleepSync(performance.now() - since);
    }
  } catch {
    return done;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
