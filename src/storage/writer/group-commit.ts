/** Brings one group of writes to an event file: commits it, and syncs it where somebody waits for the disk. */
import { noMetrics, type StorageMetrics } from "../../observability/metrics.ts";
import type { EventFile } from "../event-db/event-file.ts";
import type { WebhookDBManager } from "../event-files/webhook-db-manager.ts";
import { commitWrites, isBroken } from "./commit-writes.ts";
import type { Write } from "./writes.ts";

export type GroupCommit = Readonly<{
  /** Returns the writes that were committed; hands the others to `reject`. Throws where the file is at fault. */
  commit: (file: EventFile, writes: readonly Write[], reject: Reject) => readonly Write[];
  /** Returns the length of the file's WAL after the group, for which disk space is reserved; 0 where it is unknown. */
  reserve: (file: EventFile, group: readonly Write[]) => number;
  /** Resolves when all that was committed is on disk. */
  sync: (file: EventFile) => Promise<void>;
}>;

type Reject = (write: Write, cause: unknown) => void;

export function createGroupCommit(deps: {
  files: WebhookDBManager;
  metrics?: StorageMetrics | undefined;
  onError: (message: string, error: unknown) => void;
}): GroupCommit {
  const { files, metrics = noMetrics, onError } = deps;

  function lengthOfWal(file: EventFile, group: readonly Write[]): number {
    try {
      return file.wal.after(
        group.length,
        group.reduce((sum, { bytes }) => sum + bytes, 0),
      );
    } catch (error) {
      onError(`the WAL length of ${file.path} cannot be read`, error);
      return 0;
    }
  }

  return {
    commit(file, writes, reject) {
      const since = metrics.now();
      try {
        const committed = commitWrites(file, writes, reject);
        metrics.committed(since);
        return committed;
      } catch (error) {
        throw isBroken(error) ? files.discard(file, error) : error;
      }
    },
    reserve(file, group) {
      const pages = lengthOfWal(file, group);
      file.reserveWal(pages);
      return pages;
    },
    async sync(file) {
      const since = metrics.now();
      await Promise.all([
        file.syncWal().catch((error: unknown) => {
          throw files.discard(file, error);
        }),
        files.syncFolder(file),
      ]);
      metrics.synced(since);
      files.requireInPlace(file);
    },
  };
}
