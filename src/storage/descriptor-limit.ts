/** How many event files may be open at once, from the process's descriptor limit. */
import { readFileSync } from "node:fs";

/** Database, write-ahead log, shared memory, and our own descriptor of the log for syncing it. */
const DESCRIPTORS_PER_FILE = 4;
/** Each open file costs about 0.2 MB, so more than this is not worth having even where the limit allows it. */
const MOST_FILES = 1_100;
/** Where the limit cannot be read: macOS and Windows defaults are no lower than this. */
const ASSUMED_LIMIT = 1_024;

/** Half of the descriptors are left to sockets. */
export function openFileLimit(descriptorLimit = readDescriptorLimit()): number {
  return Math.max(8, Math.min(MOST_FILES, Math.floor(descriptorLimit / 2 / DESCRIPTORS_PER_FILE)));
}

export function readDescriptorLimit(): number {
  try {
    const line = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    if (!line) return ASSUMED_LIMIT;
    return line[1] === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(line[1]);
  } catch {
    return ASSUMED_LIMIT;
  }
}
