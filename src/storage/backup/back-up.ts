/**
 * Backs up every database while the gateway goes on, each as it is at one moment.
 *
 * The main database is copied after the event files, and again until each webhook in its copy has an event file:
 * - every webhook in the copy has its event file, because a webhook's file is created before its row;
 * - every delivery in the copied files has its target in the copy, which is the younger one. Copied first, the main
 *   database would lack targets added meanwhile, and a restore would discard their pending deliveries;
 * - every event acknowledged before the backup began was in its file when that file was copied.
 */
import { existsSync, readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../../lib/clock.ts";
import { AppError, errorMessage, errorReason } from "../../lib/errors.ts";
import { listEventFiles } from "../event-files/unused-files.ts";
import { makeFolder, syncFolder } from "../folder/folder.ts";
import { sizeOf } from "../sqlite/file-size.ts";
import { openForReading } from "../sqlite/reading-database.ts";
import { sqliteCode } from "../sqlite/sqlite.ts";
import { copyDatabase } from "./copy-database.ts";
import { requireSpace } from "./free-space.ts";
import { hashFile } from "./hashed-copy.ts";
import { type BackedUpFile, EVENTS_FOLDER, KEY_FILE, MAIN_FILE, writeManifest } from "./manifest.ts";

/** Rounds in which webhooks may be created before the backup gives up on the newest ones. */
const MOST_ROUNDS = 20;
const TELL_EVERY_MS = 2_000;

export type BackupFault = Readonly<{ file: string; fault: string }>;

type BackupReport = Readonly<{
  hasMain: boolean;
  eventFiles: number;
  bytes: number;
  faults: readonly BackupFault[];
}>;

type Options = Readonly<{
  dbPath: string;
  dataDir: string;
  /** Created if it is missing; must be empty. */
  to: string;
  withKey: boolean;
  version: string;
  clock: Clock;
  /** Told of the progress every few seconds. */
  tell: (line: string) => void;
}>;

/**
 * Makes the backup; blocks until it is done. A file that cannot be copied becomes a fault in the report; a full disk
 * throws.
 */
export function backUp(options: Options): BackupReport {
  const { to, withKey, version, clock } = options;
  makeTarget(to);
  if (readdirSync(to).length > 0) throw notEmpty(to);
  requireRoom(options);
  makeFolder(join(to, EVENTS_FOLDER));
  const startedAt = clock.now();
  const backup = new Backup(options);
  backup.run();
  if (withKey) backup.copyKey();
  for (const folder of [join(to, EVENTS_FOLDER), to]) syncFolder(folder);
  writeManifest(to, {
    version,
    started_at: new Date(startedAt).toISOString(),
    ended_at: new Date(clock.now()).toISOString(),
    files: backup.files,
    faults: [...backup.faults],
  });
  return backup.report;
}

function makeTarget(to: string): void {
  try {
    makeFolder(to);
  } catch (cause) {
    throw new AppError({
      kind: "unavailable",
      message: `The folder ${to} cannot be created (${errorReason(cause)}).`,
      hint: "Name a new folder inside one that this user can write to.",
      cause,
    });
  }
}

class Backup {
  readonly faults: BackupFault[] = [];
  readonly #options: Options;
  readonly #files = new Map<string, BackedUpFile>();
  /** Webhooks that were processed, copied or not. */
  readonly #seen = new Set<string>();
  #toldAt: number;

  constructor(options: Options) {
    this.#options = options;
    this.#toldAt = options.clock.monotonic();
  }

  get files(): BackedUpFile[] {
    return [...this.#files.values()].sort((a, b) => a.name.localeCompare(b.name));
  }

  get report(): BackupReport {
    const bytes = this.files.reduce((sum, file) => sum + file.bytes, 0);
    const eventFiles = this.files.filter(({ name }) => name.startsWith(EVENTS_FOLDER)).length;
    return { hasMain: this.#files.has(MAIN_FILE), eventFiles, bytes, faults: this.faults };
  }

  run(): void {
    for (let round = 1; ; round++) {
      for (const id of this.#listWebhooks()) if (!this.#seen.has(id)) this.#copyEvents(id);
      rmSync(join(this.#options.to, MAIN_FILE), { force: true });
      if (!this.#copy(this.#options.dbPath, MAIN_FILE)) return;
      const inCopy = new Set(listWebhookIds(join(this.#options.to, MAIN_FILE)));
      const newest = [...inCopy].filter((id) => !this.#seen.has(id));
      if (newest.length > 0 && round < MOST_ROUNDS) continue;
      for (const id of newest) this.#note(nameOf(id), "the webhook was created while the backup ended");
      this.#dropDeleted(inCopy);
      return;
    }
  }

  copyKey(): void {
    const from = join(dirname(this.#options.dbPath), KEY_FILE);
    if (!existsSync(from)) {
      this.#note(KEY_FILE, "there is no key file: keep a copy of SECRET_KEY yourself");
      return;
    }
    if (existsSync(`${from}.next`)) {
      this.#note(
        KEY_FILE,
        "a rotation of the secret key was interrupted: run `webhooker secret-key rotate` again",
      );
    }
    try {
      this.#add(KEY_FILE, hashFile({ from, to: join(this.#options.to, KEY_FILE) }));
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.#note(KEY_FILE, `it cannot be read (${errorReason(error)})`);
    }
  }

  /** Lists all event files that exist if the main database cannot be read. */
  #listWebhooks(): readonly string[] {
    const { dbPath, dataDir } = this.#options;
    try {
      return listWebhookIds(dbPath);
    } catch {
      return listEventFiles(dataDir);
    }
  }

  #copyEvents(id: string): void {
    const { dataDir, clock, tell } = this.#options;
    this.#seen.add(id);
    const from = join(dataDir, `events-${id}.db`);
    if (existsSync(from)) this.#copy(from, nameOf(id));
    // A webhook's row is deleted before its file.
    else if (this.#listWebhooks().includes(id)) this.#note(nameOf(id), "the file of this webhook is missing");
    if (clock.monotonic() - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = clock.monotonic();
    tell(`${this.report.eventFiles} event files, ${this.report.bytes} bytes …`);
  }

  #copy(from: string, name: string): boolean {
    const to = join(this.#options.to, name);
    try {
      copyDatabase({ from, to });
      this.#add(name, hashFile({ from: to }));
      return true;
    } catch (error) {
      if (sqliteCode(error) === "SQLITE_FULL") throw diskFull(this.#options.to, error);
      // A missing file was deleted with its webhook between the listing and the copy.
      if (existsSync(from)) this.#note(name, errorMessage(error));
      return false;
    }
  }

  #dropDeleted(kept: ReadonlySet<string>): void {
    const names = new Set([...kept].map(nameOf));
    for (const name of this.#files.keys()) {
      if (!name.startsWith(EVENTS_FOLDER) || names.has(name)) continue;
      rmSync(join(this.#options.to, name));
      this.#files.delete(name);
    }
  }

  #add(name: string, facts: { bytes: number; sha256: string }): void {
    const copied_at = new Date(this.#options.clock.now()).toISOString();
    this.#files.set(name, { name, ...facts, copied_at });
  }

  #note(file: string, fault: string): void {
    this.faults.push({ file, fault });
    this.#options.tell(`${file}: ${fault}`);
  }
}

function nameOf(webhookId: string): string {
  return `${EVENTS_FOLDER}/events-${webhookId}.db`;
}

function listWebhookIds(path: string): readonly string[] {
  const db = openForReading(path);
  try {
    const sql = "SELECT id FROM webhooks WHERE deleted_at IS NULL ORDER BY id";
    return db
      .query<{ id: string }, []>(sql)
      .all()
      .map(({ id }) => id);
  } finally {
    db.close(true);
  }
}

function requireRoom({ dbPath, dataDir, to }: Options): void {
  const names = readdirSync(dataDir).filter((name) => /^events-.+\.db(-wal)?$/.test(name));
  const paths = [dbPath, `${dbPath}-wal`, ...names.map((name) => join(dataDir, name))];
  const bytes = paths.reduce((sum, path) => sum + sizeOf(path), 0);
  requireSpace({ folder: to, bytes, besides: dataDir });
}

function notEmpty(folder: string): AppError {
  return new AppError({
    kind: "conflict",
    message: `The folder ${folder} is not empty.`,
    hint: "Name a new folder for each backup, such as backup-2030-01-31.",
  });
}

function diskFull(folder: string, cause: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    code: "too_little_space",
    message: `The disk of ${folder} is full; the backup is incomplete.`,
    hint: "Remove the folder, free space and back up again.",
    cause,
  });
}
