/** Makes folders for tests' files, in memory where the system has room, since no test cuts the power. */
import { mkdtempSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system in memory, which most Linux systems have: a sync costs nothing there, on a disk milliseconds. */
const MEMORY = "/dev/shm";
/** Containers often give it 64 MiB only; one file of tests takes up to 300 MiB. */
const WANTED_BYTES = 1024 ** 3;

/** Creates an empty folder; whoever asks for it removes it. */
export function makeTestFolder(name: string): string {
  return mkdtempSync(join(hasRoomInMemory() ? MEMORY : tmpdir(), `webhooker-${name}-`));
}

function hasRoomInMemory(): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return bavail * bsize >= WANTED_BYTES;
  } catch {
    return false;
  }
}
