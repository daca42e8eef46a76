/**
 * Replaces this node's databases by copies of the leader's.
 *
 * All copies are fetched and checked before the first file is replaced; until then the old ones can be used. From then on a
 * marker tells that the folder has some of both, which only another seeding ends.
 */
import { Database } from "bun:sqlite";
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { eventMigrations } from "../event-db/migrations/index.ts";
import { makeFolder, syncFolder } from "../folder/folder.ts";
import { mainMigrations } from "../main-db/migrations/index.ts";
import { type ArrivingCopy, copyDamaged, receiveCopy } from "./receive-copy.ts";

/** Resolves with the main database, or a webhook's event file; null if the leader has no such webhook any more. */
export type FetchCopy = (
  what: Readonly<{ webhookId: string | null }>,
  signal: AbortSignal,
) => Promise<ArrivingCopy | null>;

export type SeedProgress = Readonly<{
  /** Fetched so far, the main database included. */
  files: number;
  /** Null until the main database has told how many there are. */
  filesInAll: number | null;
  bytes: number;
}>;

type Options = Readonly<{
  fetchCopy: FetchCopy;
  dataDir: string;
  dbPath: string;
  /**
   * Makes the main database's copy at this path that of this node, and says which event files to take: all, those that are
   * missing here, or none; then those that are here stay as they are.
   */
  prepare: (mainDbCopy: string) => "all" | "missing" | "none";
  /** Called with every part that arrives. */
  onProgress?: (progress: SeedProgress) => void;
  signal?: AbortSignal;
}>;

/**
 * Webhooks of the new main database that have no event file: they were deleted at the leader since it was copied. The log
 * tells so too, later.
 */
export type Seeded = Readonly<{ missing: readonly string[] }>;

const MARKER = ".seeding";
const TEMPORARY = /^\.seed-.+\.db(-journal|-wal|-shm)?$/;
const EVENT_FILE = /^events-([0-9a-f-]{36})\.db(?:-wal|-shm)?$/;
/** Event files fetched at a time, as many as the leader gives. */
const AT_ONCE = 2;

/** True if files were being replaced when the process ended: the folder is of no use before it is seeded. */
export function isSeedUnfinished(dataDir: string): boolean {
  return existsSync(join(dataDir, MARKER));
}

/** Copies of the leader's databases beside those that are here. */
export type StagedSeed = Seeded &
  Readonly<{
    /** Replaces this node's databases, which nobody may have open. Does nothing when it is called again. */
    putInPlace: () => void;
  }>;

/** Removes copies that were never put in place. */
export function removeStaged({ dataDir, dbPath }: Pick<Options, "dataDir" | "dbPath">): void {
  for (const folder of new Set([dirname(dbPath), dataDir])) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder).filter((each) => TEMPORARY.test(each)))
      rmSync(join(folder, name), { force: true });
  }
}

/**
 * Fetches the main database, and event files as `prepare` says. The main database is copied first: what happens to a webhook
 * after that follows from the log. Rejects with AppError `unavailable` for a copy that arrived damaged, and if the disk is too
 * small; with `conflict` if the leader runs a later version.
 */
export async function stageSeed(options: Options): Promise<StagedSeed> {
  const { dataDir, dbPath, prepare } = options;
  for (const folder of new Set([dirname(dbPath), dataDir])) makeFolder(folder);
  removeStaged(options);
  const fetching = new Fetching(options);
  const isKnown = knownIn(options);
  try {
    if (!(await fetching.get(null, temporary(dbPath)))) throw copyDamaged("The leader has no main database.");
    const what = prepare(temporary(dbPath));
    const live = what === "none" ? [] : listWebhookIds(temporary(dbPath));
    const wanted = what === "missing" ? live.filter((id) => !isKnown(id)) : live;
    const missing = await fetching.getAll(wanted);
    const gone = new Set(missing);
    const kept = new Set(live.filter((id) => !gone.has(id)));
    const fetched = wanted.filter((id) => kept.has(id));
    let isInPlace = false;
    return {
      missing,
      putInPlace() {
        if (isInPlace) return;
        isInPlace = true;
        putInPlace(options, { kept: what === "none" ? null : kept, fetched });
      },
    };
  } catch (error) {
    removeStaged(options);
    throw error;
  }
}

/** Returns false for webhooks that the old main database has not, or has deleted: entries of the log for them were dropped. */
function knownIn({ dataDir, dbPath }: Options): (webhookId: string) => boolean {
  const known = new Set(existsSync(dbPath) ? listWebhookIds(dbPath) : []);
  return (id) => known.has(id) && existsSync(eventPath(dataDir, id));
}

class Fetching {
  readonly #options: Options;
  readonly #signal: AbortSignal;
  readonly #failed = new AbortController();
  #progress: SeedProgress = { files: 0, filesInAll: null, bytes: 0 };
  /** Bytes of copies under way that have not arrived. */
  #outstanding = 0;

  constructor(options: Options) {
    this.#options = options;
    this.#signal = AbortSignal.any([this.#failed.signal, ...(options.signal ? [options.signal] : [])]);
  }

  /** Returns the webhooks that the leader has not. */
  async getAll(webhookIds: readonly string[]): Promise<readonly string[]> {
    this.#note({ filesInAll: this.#progress.files + webhookIds.length });
    const left = webhookIds.values();
    const missing: string[] = [];
    const work = async () => {
      for (const id of left) {
        if (!(await this.get(id, temporary(eventPath(this.#options.dataDir, id))))) missing.push(id);
      }
    };
    const workers = Array.from({ length: AT_ONCE }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      this.#failed.abort();
      await Promise.allSettled(workers);
      throw error;
    }
    return missing;
  }

  /** Returns whether the leader has it. */
  async get(webhookId: string | null, to: string): Promise<boolean> {
    this.#signal.throwIfAborted();
    const copy = await this.#options.fetchCopy({ webhookId }, this.#signal);
    if (copy === null) return false;
    await this.#store(copy, to, (webhookId === null ? mainMigrations : eventMigrations).length);
    this.#note({ files: this.#progress.files + 1 });
    return true;
  }

  async #store(copy: ArrivingCopy, to: string, newest: number): Promise<void> {
    let left = copy.bytes;
    const promised = this.#outstanding;
    this.#outstanding += left;
    try {
      await receiveCopy(copy, to, {
        signal: this.#signal,
        promised,
        newest,
        onPart: (bytes) => {
          left -= bytes;
          this.#outstanding -= bytes;
          this.#note({ bytes: this.#progress.bytes + bytes });
        },
      });
    } finally {
      this.#outstanding -= left;
    }
  }

  #note(change: Partial<SeedProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#options.onProgress?.(this.#progress);
  }
}

/**
 * `kept`: webhooks that have an event file afterwards; those of others go, unless it is null. `fetched`: webhooks with a new
 * one.
 */
function putInPlace(
  { dataDir, dbPath }: Options,
  { kept, fetched }: { kept: ReadonlySet<string> | null; fetched: readonly string[] },
): void {
  writeFileSync(join(dataDir, MARKER), "", { mode: 0o600 });
  syncFolder(dataDir);
  for (const name of readdirSync(dataDir)) {
    const id = EVENT_FILE.exec(name)?.[1];
    if (id !== undefined && kept?.has(id) === false) rmSync(join(dataDir, name));
  }
  for (const id of fetched) replace(eventPath(dataDir, id));
  replace(dbPath);
  for (const folder of new Set([dataDir, dirname(dbPath)])) syncFolder(folder);
  rmSync(join(dataDir, MARKER));
  syncFolder(dataDir);
}

function replace(path: string): void {
  // With its old write-ahead log the new file would be read as a mixture.
  for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
  renameSync(temporary(path), path);
}

function eventPath(dataDir: string, webhookId: string): string {
  return join(dataDir, `events-${webhookId}.db`);
}

/** On the same disk, so that it is only renamed. */
function temporary(path: string): string {
  return join(dirname(path), `.seed-${basename(path, ".db")}.db`);
}

function listWebhookIds(path: string): readonly string[] {
  const db = new Database(path, { readonly: true });
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
