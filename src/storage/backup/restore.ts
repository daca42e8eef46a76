/** Restores a backup into an empty folder, checked file by file, or not at all. */
import { lstatSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { makeFolder, syncFolder } from "../folder/folder.ts";
import { lockFolder } from "../folder/folder-lock.ts";
import { leaveInCopy } from "../main-db/replication/leave-copy.ts";
import type { BackupFault } from "./back-up.ts";
import { listStructureFaults } from "./copy-database.ts";
import { requireSpace } from "./free-space.ts";
import { hashFile } from "./hashed-copy.ts";
import { type BackedUpFile, KEY_FILE, MAIN_FILE, type Manifest, readManifest } from "./manifest.ts";

type Options = Readonly<{
  from: string;
  dbPath: string;
  dataDir: string;
  /** Leaves out damaged event files instead of restoring nothing. */
  partial: boolean;
  tell: (line: string) => void;
}>;

type RestoreReport = Readonly<{
  takenAt: string;
  eventFiles: number;
  hasKey: boolean;
  /** The backup is one of a cluster's node; what was restored is that of a gateway alone. */
  wasNode: boolean;
  /** Faults of the backup, and files that the restore left out. */
  faults: readonly BackupFault[];
}>;

/** Throws AppError `conflict` if it would overwrite a file or a gateway runs. */
export function restore(options: Options): RestoreReport {
  const manifest = readManifest(options.from);
  if (!manifest.files.some(({ name }) => name === MAIN_FILE)) throw withoutMain(manifest);
  const unlock = lockFolder(options.dataDir);
  try {
    refuseToOverwrite(options, manifest);
    makeFolder(dirname(options.dbPath));
    const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
    requireSpace({ folder: options.dataDir, bytes });
    return putAll(options, manifest);
  } finally {
    unlock();
  }
}

function putAll(options: Options, manifest: Manifest): RestoreReport {
  const { dbPath, dataDir, partial, tell } = options;
  const made: string[] = [];
  let wasNode = false;
  const faults: BackupFault[] = [...manifest.faults];
  try {
    // The main database comes last: without it, a gateway would not start from half a restore.
    for (const file of [...manifest.files].sort((a, b) => rank(a) - rank(b))) {
      const to = destinationOf(file.name, options);
      // Nothing may be removed that was there before.
      if (!isThere(to)) made.push(to);
      const fault = put(file, options.from, to);
      if (fault === null) continue;
      if (!partial || file.name === MAIN_FILE) throw damaged(file.name, fault);
      rmSync(to, { force: true });
      made.pop();
      faults.push({ file: file.name, fault });
      tell(`${file.name}: ${fault}; it is left out`);
    }
    // The backup's files go up to different positions of the log, so that no node could go on from them.
    wasNode = leaveInCopy(dbPath);
    for (const folder of new Set([dataDir, dirname(dbPath)])) syncFolder(folder);
  } catch (error) {
    for (const path of made) rmSync(path, { force: true });
    throw error;
  }
  const eventFiles = made.filter((path) => EVENT_FILE.test(path)).length;
  const hasKey = manifest.files.some(({ name }) => name === KEY_FILE);
  return { takenAt: manifest.started_at, eventFiles, hasKey, wasNode, faults };
}

const EVENT_FILE = /events-[0-9a-f-]{36}\.db$/;

function rank({ name }: BackedUpFile): number {
  return name === MAIN_FILE ? 1 : 0;
}

function destinationOf(name: string, { dbPath, dataDir }: Options): string {
  if (name === MAIN_FILE) return dbPath;
  if (name === KEY_FILE) return join(dirname(dbPath), KEY_FILE);
  return join(dataDir, name.slice(name.indexOf("/") + 1));
}

/**
 * Copies and checks one file. Returns null if its size, hash and structure are those that were backed up, else the
 * fault. Throws AppError `unavailable` if the copy cannot be written: the backup is not to blame.
 */
function put(file: BackedUpFile, folder: string, to: string): string | null {
  try {
    const { bytes, sha256 } = hashFile({ from: join(folder, file.name), to });
    if (bytes !== file.bytes) return `it has ${bytes} bytes, the manifest says ${file.bytes}`;
    if (sha256 !== file.sha256) return "its content has changed since the backup: the SHA-256 differs";
    return file.name === KEY_FILE ? null : (listStructureFaults(to, "integrity_check")[0] ?? null);
  } catch (error) {
    if (error instanceof AppError) throw error;
    return errorMessage(error);
  }
}

/** True for a link that leads nowhere too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function refuseToOverwrite({ dbPath, dataDir }: Options, manifest: Manifest): void {
  const keyPath = join(dirname(dbPath), KEY_FILE);
  const restoresKey = manifest.files.some(({ name }) => name === KEY_FILE);
  const there = [
    ...[dbPath, `${dbPath}-wal`, ...(restoresKey ? [keyPath] : [])].filter(isThere),
    ...readdirSync(dataDir)
      .filter((name) => /^events-.+\.db(-wal)?$/.test(name))
      .map((name) => join(dataDir, name)),
  ];
  const [first] = there;
  if (first === undefined) return;
  throw new AppError({
    kind: "conflict",
    code: "not_empty",
    message: `${resolve(first)} already exists${there.length > 1 ? `, and ${there.length - 1} more` : ""}. A restore never overwrites files.`,
    hint: "Move the data folder away, or set DBURL and DATA_DIR to other places.",
  });
}

function withoutMain(manifest: Manifest): AppError {
  const fault = manifest.faults.find(({ file }) => file === MAIN_FILE)?.fault ?? "it is not listed";
  return new AppError({
    kind: "unavailable",
    message: `This backup has no main database: ${fault}.`,
    hint: "Take the main database from an older backup; the event files can be copied by hand.",
  });
}

function damaged(name: string, fault: string): AppError {
  return new AppError({
    kind: "unavailable",
    code: "backup_damaged",
    message: `${name} of the backup cannot be restored: ${fault}. Nothing was restored.`,
    hint:
      name === MAIN_FILE
        ? "Restore an older backup."
        : "Restore an older backup, or restore the undamaged files with --partial.",
  });
}
