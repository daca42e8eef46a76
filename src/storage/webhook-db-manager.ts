/** Owns the event files: creates, opens, caches, closes and deletes them, one per webhook. */
import { existsSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError, errorMessage, notFound } from "../lib/errors.ts";
import { EventFile } from "./event-db/event-file.ts";
import type { EventFileUpkeep } from "./event-file-upkeep.ts";
import { sqliteCode } from "./sqlite.ts";

/** After this long without use a file is closed, whatever room there is. */
const IDLE_CLOSE_MS = 120_000;
/** A damaged file is tried again after this long: it may have been restored meanwhile. */
const RETRY_DAMAGED_MS = 5_000;

type Options = Readonly<{
  dataDir: string;
  /** Files open at once; a soft limit where all of them are in use. */
  maxOpen: number;
  upkeep: EventFileUpkeep;
  monotonic: () => number;
}>;

export class WebhookDBManager {
  readonly #options: Options;
  /** In order of use: the first is the one used longest ago. */
  readonly #open = new Map<string, EventFile>();
  readonly #closing = new Set<Promise<void>>();
  readonly #deleted = new Set<string>();
  readonly #damaged = new Map<string, { error: AppError; at: number }>();
  /** New files' directory entries, until they are known to be on disk. */
  #folderSync: Promise<void> | null = null;
  readonly #unsyncedEntries = new Set<string>();

  constructor(options: Options) {
    this.#options = options;
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  }

  get openCount(): number {
    return this.#open.size;
  }

  pathOf(webhookId: string): string {
    return join(this.#options.dataDir, `events-${webhookId}.db`);
  }

  /** Makes the file of a new webhook, durable with its directory entry. */
  async create(webhookId: string): Promise<void> {
    this.open(webhookId);
    await this.syncFolder(webhookId);
  }

  /** The webhook's file, opened or made as needed. Throws AppError `unavailable` if it cannot be used. */
  open(webhookId: string): EventFile {
    const cached = this.#open.get(webhookId);
    if (cached) {
      this.#open.delete(webhookId);
      this.#open.set(webhookId, cached);
      cached.lastUsedAt = this.#options.monotonic();
      return cached;
    }
    if (this.#deleted.has(webhookId)) throw notFound("webhook");
    this.#throwIfDamaged(webhookId);
    const file = this.#openFile(webhookId);
    this.#open.set(webhookId, file);
    this.#evictSurplus();
    return file;
  }

  /** Resolves once the directory entry of the webhook's file is on disk; at once if it is known to be. */
  async syncFolder(webhookId: string): Promise<void> {
    if (!this.#unsyncedEntries.has(webhookId)) return;
    // A sync that is under way may have begun before this entry was made, so it counts only from the next one on.
    await this.#folderSync?.catch(() => undefined);
    this.#folderSync ??= this.#syncFolderNow();
    await this.#folderSync;
  }

  async #syncFolderNow(): Promise<void> {
    const covered = [...this.#unsyncedEntries];
    try {
      await this.#options.upkeep.syncFolder(this.#options.dataDir);
      for (const webhookId of covered) this.#unsyncedEntries.delete(webhookId);
    } finally {
      this.#folderSync = null;
    }
  }

  /** Closes the file and removes it with `-wal` and `-shm`; the webhook cannot be opened again. */
  async delete(webhookId: string): Promise<void> {
    this.#deleted.add(webhookId);
    this.#damaged.delete(webhookId);
    const file = this.#open.get(webhookId);
    this.#open.delete(webhookId);
    await Promise.all(this.#closing);
    file?.close();
    const path = this.pathOf(webhookId);
    for (const name of [path, `${path}-wal`, `${path}-shm`]) await rm(name, { force: true });
  }

  /** Closes files that nobody used for a while; called by the slow safety interval. */
  closeIdle(): void {
    const before = this.#options.monotonic() - IDLE_CLOSE_MS;
    for (const file of this.#open.values())
      if (file.lastUsedAt < before && file.pins === 0) this.#retire(file);
  }

  async closeAll(): Promise<void> {
    for (const file of this.#open.values()) this.#retire(file);
    await Promise.all(this.#closing);
  }

  /** Which of the webhooks have pending deliveries, found off the main thread. */
  async findPending(webhookIds: readonly string[]): Promise<readonly string[]> {
    const idByPath = new Map(webhookIds.map((id) => [this.pathOf(id), id]));
    const paths = await this.#options.upkeep.scan([...idByPath.keys()]);
    return paths.flatMap((path) => idByPath.get(path) ?? []);
  }

  /** Takes a file out of use after an I/O fault, so that its next use opens it anew. */
  discard(file: EventFile): void {
    if (this.#open.get(file.webhookId) === file) this.#retire(file);
  }

  #openFile(webhookId: string): EventFile {
    const path = this.pathOf(webhookId);
    // SQLite removes the log when the last connection closes: a reopened file gets a new entry for it.
    const makesEntry = !existsSync(path) || !existsSync(`${path}-wal`);
    try {
      const file = new EventFile(webhookId, path);
      file.lastUsedAt = this.#options.monotonic();
      if (makesEntry) this.#unsyncedEntries.add(webhookId);
      return file;
    } catch (error) {
      throw this.#markDamaged(webhookId, error);
    }
  }

  #markDamaged(webhookId: string, error: unknown): AppError {
    const damage = error instanceof AppError ? error : unusable(webhookId, error);
    this.#damaged.set(webhookId, { error: damage, at: this.#options.monotonic() });
    return damage;
  }

  #throwIfDamaged(webhookId: string): void {
    const damage = this.#damaged.get(webhookId);
    if (!damage) return;
    if (this.#options.monotonic() - damage.at < RETRY_DAMAGED_MS) throw damage.error;
    this.#damaged.delete(webhookId);
  }

  #evictSurplus(): void {
    let surplus = this.#open.size - this.#options.maxOpen;
    for (const file of this.#open.values()) {
      if (surplus <= 0) return;
      if (file.pins > 0) continue;
      this.#retire(file);
      surplus--;
    }
  }

  #retire(file: EventFile): void {
    this.#open.delete(file.webhookId);
    const closing: Promise<void> = this.#options.upkeep
      .retire(file.path, () => file.close())
      .catch(() => undefined) // The log stays beside the file and is replayed at its next opening.
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

/** What a person needs to know of a file that SQLite refuses. */
export function unusable(webhookId: string, error: unknown): AppError {
  const code = sqliteCode(error);
  const isDamaged = code !== null && /^SQLITE_(CORRUPT|NOTADB)/.test(code);
  return new AppError({
    kind: "unavailable",
    code: isDamaged ? "event_file_damaged" : "event_file_unavailable",
    message: `The event file of webhook ${webhookId} cannot be used: ${code ?? errorMessage(error)}.`,
    hint: isDamaged
      ? "Restore the file from a backup, or move it away to start with an empty one. Other webhooks are not affected."
      : "Check free space, permissions and the health of the disk; it is tried again by itself.",
    retryAfterSeconds: 30,
    cause: error,
  });
}
