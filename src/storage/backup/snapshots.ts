/** Temporary copies of databases as they are at one moment, made off the event loop, such as for another node. */
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { diskFault } from "../../lib/disk-fault.ts";
import { newUnguessableId } from "../../lib/ids.ts";
import { sizeOf, walBytesOf } from "../sqlite/file-size.ts";
import { askWorker } from "../workers/ask-worker.ts";
import { requireSpace } from "./free-space.ts";
import type { SnapshotAnswer, SnapshotRequest } from "./snapshot-worker.ts";

/** A file that its user discards. */
export type Snapshot = Readonly<{ path: string; bytes: number; sha256: string }>;

const SNAPSHOT_FILE = /^snapshot-[0-9a-f-]{36}\.part(-journal)?$/;

export type Snapshots = ReturnType<typeof createSnapshots>;

/** All copies are beside the event files. Methods reject with AppError `unavailable` if the disk is full or unusable. */
export function createSnapshots({ dbPath, dataDir }: { dbPath: string; dataDir: string }) {
  async function take(from: string): Promise<Snapshot> {
    requireSpace({ folder: dataDir, bytes: sizeOf(from) + walBytesOf(from), besides: dataDir });
    const path = join(dataDir, `snapshot-${newUnguessableId()}.part`);
    const script = new URL("./snapshot-worker.ts", import.meta.url);
    const answer = await askWorker<SnapshotRequest, SnapshotAnswer>(script, { from, to: path });
    if (!("fault" in answer)) return { path, ...answer };
    const { message, code } = answer.fault;
    const error = Object.assign(new Error(message), code !== null && { code });
    throw diskFault(error) ?? error;
  }

  return {
    ofMainDatabase: () => take(dbPath),
    ofEvents: (webhookId: string) => take(join(dataDir, `events-${webhookId}.db`)),
    discard: (path: string) => rm(path, { force: true }),
    /** Removes what an earlier run left; call it before any copy is made. */
    async removeLeftovers(): Promise<void> {
      const names = (await readdir(dataDir)).filter((name) => SNAPSHOT_FILE.test(name));
      for (const name of names) await rm(join(dataDir, name), { force: true });
    },
  };
}
