/** Distinguishes faults of the disk from faults of the program, wherever they occur. */
import { AppError, errorCode } from "./errors.ts";

/** Maximum depth of wrapped errors (`cause`) to search. */
const MOST_WRAPS = 5;

type Kind = Readonly<{ code: string; message: string; hint: string; matches: (code: string) => boolean }>;

const KINDS: readonly Kind[] = [
  {
    code: "disk_full",
    message: "The disk is full: nothing can be stored or changed until there is space.",
    hint: "Free space on the disk of DATA_DIR and DBURL; the gateway then continues automatically. Deleting webhooks frees space.",
    matches: (code) => /^(SQLITE_FULL|ENOSPC$|EDQUOT$)/.test(code),
  },
  {
    code: "disk_read_only",
    message: "The disk is read-only: nothing can be stored or changed.",
    hint: "Remount the disk of DATA_DIR and DBURL as writable, or give this user write permission.",
    matches: (code) => /^(SQLITE_READONLY|EROFS$)/.test(code),
  },
  {
    code: "disk_unusable",
    message: "The disk cannot be read or written.",
    hint: "Check free space, permissions and the health of the disk where DATA_DIR and DBURL are.",
    matches: (code) => /^(SQLITE_IOERR|SQLITE_CANTOPEN|EIO$)/.test(code),
  },
];

/** Returns an AppError `unavailable` that names the disk's fault; null for any other error. */
export function diskFault(error: unknown): AppError | null {
  const code = findDiskCode(error);
  const kind = code === null ? undefined : KINDS.find(({ matches }) => matches(code));
  if (kind === undefined) return null;
  const { message, hint } = kind;
  return new AppError({
    kind: "unavailable",
    code: kind.code,
    message,
    hint,
    retryAfterSeconds: 30,
    cause: error,
  });
}

/** Returns the code of SQLite or the system, from the error or one that it wraps. */
function findDiskCode(error: unknown): string | null {
  let inner = error;
  for (let wraps = 0; wraps < MOST_WRAPS && inner instanceof Error; wraps++) {
    const code = errorCode(inner);
    if (code !== null && KINDS.some(({ matches }) => matches(code))) return code;
    inner = inner.cause;
  }
  return null;
}
