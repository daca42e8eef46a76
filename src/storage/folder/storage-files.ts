/** Measures the databases' files, with their WALs. */
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

export type StorageFiles = Readonly<{
  mainDb: Readonly<{ path: string; bytes: number }>;
  eventFiles: Readonly<{ folder: string; count: number; bytes: number }>;
}>;

const EVENT_FILE = /^events-.+\.db(-wal|-shm)?$/;

export async function measureStorageFiles(options: {
  dbPath: string;
  dataDir: string;
}): Promise<StorageFiles> {
  const { dbPath, dataDir } = options;
  const names = (await readdir(dataDir)).filter((name) => EVENT_FILE.test(name));
  const mainDbBytes = await sizeOf([dbPath, `${dbPath}-wal`, `${dbPath}-shm`]);
  return {
    mainDb: { path: dbPath, bytes: mainDbBytes },
    eventFiles: {
      folder: dataDir,
      count: names.filter((name) => name.endsWith(".db")).length,
      bytes: await sizeOf(names.map((name) => join(dataDir, name))),
    },
  };
}

async function sizeOf(paths: readonly string[]): Promise<number> {
  let bytes = 0;
  // One after the other: with thousands of files, stat calls all at once would take the disk from the events.
  for (const path of paths)
    bytes += await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  return bytes;
}
