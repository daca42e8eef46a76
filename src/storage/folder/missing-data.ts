/** Detects missing data at the start: most often a disk that is not mounted, or a wrong path. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "../../lib/errors.ts";
import { isLost } from "../sqlite/file-size.ts";
import { openForReading } from "../sqlite/reading-database.ts";
import { lockPathOf } from "./folder-lock.ts";
import { requireReachable } from "./reachable.ts";

type Where = Readonly<{ dbPath: string; dataDir: string }>;

const EVENT_FILE = /^events-(.+)\.db$/;

/**
 * Throws AppError `unavailable` rather than start empty while the data is elsewhere. Must run before anything is
 * created: a folder that was in use once has a lock file.
 */
export function refuseMissingData({ dbPath, dataDir }: Where): void {
  refuseMissingMainDb({ dbPath, dataDir });
  if (isLost(dbPath)) return;
  const webhookIds = listFileIds(dataDir);
  if (webhookIds.length > 0 || existsSync(lockPathOf(dataDir))) return;
  const webhooks = countWebhooks(dbPath);
  if (webhooks > 0) throw eventFilesMissing({ dbPath, dataDir }, webhooks);
}

/** Throws AppError `unavailable` if there are event files but no main database, or if either cannot be reached. */
export function refuseMissingMainDb({ dbPath, dataDir }: Where): void {
  requireReachable({ dbPath, dataDir });
  if (!isLost(dbPath)) return;
  const { length } = listFileIds(dataDir);
  if (length > 0) throw mainDbMissing({ dbPath, dataDir }, length);
}

/** The webhooks whose event file is missing or has 0 bytes. */
export function listWithoutFile(dataDir: string, webhookIds: readonly string[]): readonly string[] {
  return webhookIds.filter((id) => isLost(join(dataDir, `events-${id}.db`)));
}

function listFileIds(dataDir: string): readonly string[] {
  if (!statSync(dataDir, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(dataDir).flatMap((name) => EVENT_FILE.exec(name)?.[1] ?? []);
}

/** Returns 0 if the database cannot be read; opening it reports the fault. */
function countWebhooks(dbPath: string): number {
  try {
    const db = openForReading(dbPath);
    try {
      const count = "SELECT count(*) AS count FROM webhooks WHERE deleted_at IS NULL";
      return db.query<{ count: number }, []>(count).get()?.count ?? 0;
    } finally {
      db.close(true);
    }
  } catch {
    return 0;
  }
}

function mainDbMissing({ dbPath, dataDir }: Where, files: number): AppError {
  return new AppError({
    kind: "unavailable",
    code: "main_database_missing",
    message: `There is no main database at ${dbPath}, but ${dataDir} has event files (${files}).`,
    hint: "Check that its disk is mounted and DBURL is right. Otherwise restore the main database from a backup, or move the event files away to start empty. `webhooker manual recovery` has more.",
  });
}

function eventFilesMissing({ dbPath, dataDir }: Where, webhooks: number): AppError {
  return new AppError({
    kind: "unavailable",
    code: "event_files_missing",
    message: `The main database ${dbPath} has webhooks (${webhooks}), but ${dataDir} has never held their event files.`,
    hint: `Check that its disk is mounted and DATA_DIR is right. To start with empty event files there, create the file ${lockPathOf(dataDir)}. \`webhooker manual recovery\` has more.`,
  });
}
