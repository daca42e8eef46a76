/** Tells whether a path still leads to the file that was opened by it: open files may be moved, deleted or replaced, and disks unmounted. */
import { type Stats, statSync } from "node:fs";

/** Of the file that is there now; about 3 µs a call. */
export function watchPlace(path: string): () => boolean {
  const first = find(path);
  return () => {
    const now = find(path);
    return first !== null && now !== null && now.dev === first.dev && now.ino === first.ino;
  };
}

function find(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    // A disk that is gone may answer anything.
    return null;
  }
}
