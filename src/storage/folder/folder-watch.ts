/** Watches that the data folder and the main database are still those that the gateway was started on. */
import type { Clock } from "../../lib/clock.ts";
import { every } from "../../lib/every.ts";
import type { Logger } from "../../observability/log.ts";
import { watchSameFile } from "../sqlite/same-file.ts";
import { lockPathOf } from "./folder-lock.ts";

const LOOK_EVERY_MS = 2_000;

export type FolderWatch = Readonly<{
  /** Asked before a file is created: in another folder it would be hidden once the right one is back. */
  isInPlace: () => boolean;
  /** "the data folder" or "the main database", as of the last look; null while both are in place. */
  findLost: () => string | null;
  /** Begins to look every two seconds. */
  start: () => void;
  stop: () => void;
}>;

/** Watches a folder that is locked and a main database that is open. */
export function watchFolder(options: {
  dataDir: string;
  dbPath: string;
  clock: Clock;
  log: Logger;
}): FolderWatch {
  const { dataDir, dbPath, clock, log } = options;
  const watched = [
    { what: "the data folder", path: dataDir, isInPlace: watchSameFile(lockPathOf(dataDir)) },
    { what: "the main database", path: dbPath, isInPlace: watchSameFile(dbPath) },
  ].map((each) => ({ ...each, isLost: false }));
  let stop = () => {};

  function look(): void {
    for (const each of watched) {
      const isLost = !each.isInPlace();
      if (isLost === each.isLost) continue;
      each.isLost = isLost;
      const { what, path } = each;
      if (isLost) {
        log.error(
          `${what} is not where it was: it was moved, deleted or replaced, or its disk is not mounted`,
          {
            path,
            hint: "put it back, or restart the gateway with the right one",
          },
        );
      } else log.info(`${what} is back`, { path });
    }
  }

  return {
    isInPlace: () => watched.every(({ isInPlace }) => isInPlace()),
    findLost: () => watched.find(({ isLost }) => isLost)?.what ?? null,
    start() {
      stop = every(clock, LOOK_EVERY_MS, look);
    },
    stop: () => stop(),
  };
}
