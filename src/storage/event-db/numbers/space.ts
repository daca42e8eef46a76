/** Measures how much of an event file is in use, and gives the rest back to the disk. */
import type { Database } from "bun:sqlite";
import type { EventFile } from "../event-file.ts";

/** Moving as many pages takes about 2 ms in memory; from the disk it may take ten times as long. */
const PAGES_PER_STEP = 200;
const PAGES_AT_ONCE = 5;
/**
 * Share of the file up to which free pages are kept for the next events: otherwise a full file shrinks and grows all
 * day.
 */
const KEPT_SHARE = 1 / 20;
const KEPT_PAGES = 256;

export type FileSpace = Readonly<{
  /** Bytes of stored data, without the WAL, which has a few megabytes at most. */
  usedBytes: number;
  /** True if more pages are free than are kept for the next events. */
  isLoose: boolean;
}>;

export function measureSpace(db: Pick<Database, "query">): FileSpace {
  const pages = pragma(db, "page_count");
  const free = pragma(db, "freelist_count");
  return {
    usedBytes: (pages - free) * pragma(db, "page_size"),
    isLoose: free > Math.max(KEPT_PAGES, pages * KEPT_SHARE),
  };
}

/** Moves pages from the end of the file into free ones, so that the next checkpoint can cut it shorter. */
export function vacuumStep(file: EventFile, isTimeUp: () => boolean = () => false): FileSpace {
  for (let pages = 0; pages < PAGES_PER_STEP && measureSpace(file.db).isLoose; pages += PAGES_AT_ONCE) {
    // With `run`: a statement that is asked for rows frees only one page.
    file.db.run(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`);
    if (isTimeUp()) break;
  }
  return measureSpace(file.db);
}

function pragma(db: Pick<Database, "query">, name: "page_count" | "freelist_count" | "page_size"): number {
  return Object.values(db.query<Record<string, number>, []>(`PRAGMA ${name}`).get() ?? {})[0] ?? 0;
}
