/** Tells faults of the disk from faults of the program, whatever part of it met them. */
import { AppError, errorCode } from "./errors.ts";

/** An error that wraps another has it as its cause; more than this deep nobody wraps. */
const MOST_WRAPS = 5;

type Kind = Readonly<{ code: string; message: string; hint: string; isTold: (code: string) => boolean }>;

const KINDS: readonly Kind[] = [
  {
    code: "disk_full",
    message: "The disk is full: nothing can be stored or changed until there is space.",
    hint: "Free space on the disk of DATA_DIR and DBURL; the gateway then continues automatically. Deleting webhooks frees space.",
    isTold: (code) => /^(SQLITE_FULL|ENOSPC$|EDQUOT$)/.test(code),
  },
  {
    code: "disk_read_only",
    message: "The disk is read-only: nothing can be stored or changed.",
    hint: "Remount the disk of DATA_DIR and DBURL as writable, or give this user write permission.",
    isTold: (code) => /^(SQLITE_READONLY|EROFS$)/.test(code),
  },
  {
    code: "disk_unusable",
    message: "The disk cannot be read or written.",
    hint: "Check free space, permissions and the health of the disk where DATA_DIR and DBURL are.",
    isTold: (code) => /^(SQLITE_IOERR|SQLITE_CANTOPEN|EIO$)/.test(code),
  },
];

/** AppError `unavailable` with the disk's fault as the reason; null for any other error. */
export function diskFault(error: unknown): AppError | null {
  const code = findDiskCode(error);
  const kind = code === null ? undefined : KINDS.find(({ isTold }) => isTold(code));
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

/** What SQLite or the system calls it, from the error or one that it wraps. */
function findDiskCode(error: unknown): string | null {
  let inner = error;
  for (let wraps = 0; wraps < MOST_WRAPS && inner instanceof Error; wraps++) {
    const code = errorCode(inner);
    if (code !== null && KINDS.some(({ isTold }) => isTold(code))) return code;
    inner = inner.cause;
  }
  return null;
}
