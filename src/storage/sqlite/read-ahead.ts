/** Reads a large file into the system's page cache in disk order, before SQLite reads it in another order. */
import { closeSync, openSync, readSync } from "node:fs";
import { freemem } from "node:os";

/** Smaller files are quick to read in any order. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** Share of the free memory that a file may fill; the rest is left for other readers. */
const FREE_SHARE = 3 / 4;
const CHUNK_BYTES = 4 * 1024 * 1024;

export function isWorthReadingAhead(bytes: number, freeMemory = freemem()): boolean {
  // A file larger than memory would push its own beginning out of the cache before it is needed.
  return bytes >= LARGE_BYTES && bytes < freeMemory * FREE_SHARE;
}

/**
 * Reads the whole file once and returns the bytes read; blocks. SQLite checks a file tree by tree, their pages are
 * interleaved, and it reads each page separately: 11.4 GB took 307 s, during which the WAL could not be restarted. With
 * this read (65 s) first, the check took 60 s. Returns early on a fault of the file or disk, which the next reader
 * reports.
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
      // Pause as long as the read took: writers wait for their syncs on the same disk.
      Bun.sleepSync(performance.now() - since);
    }
  } catch {
    return done;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
