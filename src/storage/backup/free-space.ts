/** Checks that a disk has room for what is about to be written to it. */
import { statfsSync, statSync } from "node:fs";
import { AppError } from "../../lib/errors.ts";
import { RESERVE_BYTES } from "../folder/disk-space.ts";

/** A copy is no larger than its source, except for a few pages. */
const SLACK_BYTES = 1024 * 1024;

/**
 * Throws AppError `unavailable` if there is too little space. `besides` is a folder whose disk reserve must not be
 * used.
 */
export function requireSpace(need: { folder: string; bytes: number; besides?: string }): void {
  const { folder, bytes, besides } = need;
  const { bavail, bsize } = statfsSync(folder);
  const isShared = besides !== undefined && statSync(besides).dev === statSync(folder).dev;
  const wanted = bytes + SLACK_BYTES + (isShared ? RESERVE_BYTES : 0);
  const free = bavail * bsize;
  if (free >= wanted) return;
  const kept = isShared ? ", including the reserve of the running gateway" : "";
  throw new AppError({
    kind: "unavailable",
    code: "too_little_space",
    message: `The disk of ${folder} has ${free} bytes free; ${wanted} are needed${kept}.`,
    hint: "Free space, or name a folder on another disk.",
  });
}
