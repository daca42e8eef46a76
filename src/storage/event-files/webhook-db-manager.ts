/** Owns the event files: creates, opens, caches, closes and deletes them, one per webhook. */
import { existsSync } from "node:fs";
import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import { AppError, notFound } from "../../lib/errors.ts";
import type { StorageMetrics } from "../../observability/metrics.ts";
import { EventFile } from "../event-db/event-file.ts";
import { makeFolder } from "../folder/folder.ts";
import { isLost } from "../sqlite/file-size.ts";
import { DeletedWebhooks } from "./deleted-webhooks.ts";
import { descriptorShortage } from "./descriptor-shortage.ts";
import { EntrySync } from "./entry-sync.ts";
import { EventFileFaults, fileGone, folderGone, unusable } from "./event-file-faults.ts";
import type { EventFileUpkeep } from "./event-file-upkeep.ts";

/** Closes a file after this long without use, even while there is room for it. */
const IDLE_CLOSE_MS = 120_000;

type Options = Readonly<{
  dataDir: string;
  /** Number of files open at once; up to a quarter more while others are being closed. */
  maxOpen: number;
  upkeep: EventFileUpkeep;
  monotonic: () => number;
  metrics?: Pick<StorageMetrics, "pending">;
  /** False while files must not be created: the folder is not the one that the gateway was started on. */
  isFolderInPlace?: () => boolean;
  /** Called when the webhook's file is missing or has 0 bytes, and an empty one is created. */
  onMissing?: (webhookId: string) => void;
  keepsFiles?: boolean;
}>;

export class WebhookDBManager {
  readonly #options: Options;
  readonly #faults: EventFileFaults;
  /** In order of use: the first is the one used longest ago. */
  readonly #open = new Map<string, EventFile>();
  readonly #closing = new Map<EventFile, Promise<void>>();
  readonly #deleted = new DeletedWebhooks();
  /** Webhooks whose files are about to be opened. */
  readonly #opening = new Map<string, Promise<void>>();
  /** Number of files that have room and are not open yet. */
  #prepared = 0;
  /** Callbacks that wait until fewer files are open. */
  readonly #waiting: (() => void)[] = [];
  readonly #entries: EntrySync;

  constructor(options: Options) {
    this.#options = options;
    this.#faults = new EventFileFaults(options);
    this.#entries = new EntrySync(() => options.upkeep.syncFolder(options.dataDir));
    makeFolder(options.dataDir);
  }

  get openCount(): number {
    return this.#open.size;
  }

  pathOf(webhookId: string): string {
    return join(this.#options.dataDir, `events-${webhookId}.db`);
  }

  /** Creates the file of a new webhook and makes it durable with its directory entry. */
  async create(webhookId: string): Promise<void> {
    try {
      if (!this.isOpen(webhookId)) await this.makeReady(webhookId, { isNew: true });
      await this.syncFolder(this.open(webhookId));
    } catch (error) {
      // On a full disk SQLite has created a file of 0 bytes by now.
      await this.delete(webhookId);
      throw error instanceof AppError ? error : unusable(webhookId, error);
    }
  }

  /** The webhook's file, opened or created if needed. Throws AppError `unavailable` if it cannot be used. */
  open(webhookId: string): EventFile {
    const cached = this.#open.get(webhookId);
    if (cached) {
      this.#open.delete(webhookId);
      this.#open.set(webhookId, cached);
      cached.lastUsedAt = this.#options.monotonic();
      return cached;
    }
    if (this.#deleted.has(webhookId)) throw notFound("webhook");
    this.#faults.throwIfFaulty(webhookId);
    const file = this.#openFile(webhookId);
    this.#evict(this.#open.size + 1 - this.#options.maxOpen);
    this.#open.set(webhookId, file);
    return file;
  }

  /** True if `open` would only take the file from the cache. */
  isOpen(webhookId: string): boolean {
    return this.#open.has(webhookId);
  }

  /** Waits for room, then has the file opened without a sync on the event loop. `open` reports its faults. */
  makeReady(webhookId: string, options: { isNew: boolean } = { isNew: false }): Promise<void> {
    let ready = this.#opening.get(webhookId);
    if (!ready) {
      ready = this.#prepare(webhookId, options).finally(() => this.#opening.delete(webhookId));
      this.#opening.set(webhookId, ready);
    }
    return ready;
  }

  async #prepare(webhookId: string, { isNew }: { isNew: boolean }): Promise<void> {
    const most = this.#options.maxOpen + Math.ceil(this.#options.maxOpen / 4);
    while (this.#open.size + this.#closing.size + this.#prepared >= most) {
      this.#evict(1);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#prepared++;
    try {
      if (this.#deleted.has(webhookId)) return;
      // Nothing may be written after content that a failed sync has left in doubt.
      this.#faults.throwIfFaulty(webhookId);
      if (isLost(this.pathOf(webhookId))) this.#noteMissing(webhookId, isNew);
      await this.#options.upkeep.prepare(this.pathOf(webhookId), () => this.open(webhookId));
    } catch {
      // `open` throws the same error again.
    } finally {
      this.#prepared--;
      if (!this.#open.has(webhookId)) this.#waiting.shift()?.();
    }
  }

  #noteMissing(webhookId: string, isNew: boolean): void {
    if (this.#options.isFolderInPlace?.() === false) throw this.#faults.add(webhookId, folderGone(webhookId));
    if (!isNew) this.#options.onMissing?.(webhookId);
  }

  /** Keeps the file open until it is unpinned. */
  pin(file: EventFile): void {
    file.pin();
  }

  unpin(file: EventFile): void {
    file.unpin();
    if (this.#waiting.length > 0) this.#evict(1);
  }

  /** Resolves once the file's directory entries are on disk; at once if they are known to be. */
  syncFolder(file: EventFile): Promise<void> {
    return this.#entries.sync(file);
  }

  /** Throws AppError `unavailable` and takes the file out of use if its path leads to another file or none. */
  requireInPlace(file: EventFile): void {
    if (file.isInPlace(this.#options.monotonic())) return;
    throw this.#takeOut(file, fileGone(file.webhookId), () => access(file.path));
  }

  /** Ends writes under way and removes the file with `-wal` and `-shm`; the webhook cannot be opened again. */
  async delete(webhookId: string): Promise<void> {
    this.#deleted.add(webhookId);
    this.#faults.forget(webhookId);
    this.#options.metrics?.pending(webhookId, 0);
    await this.#opening.get(webhookId);
    const file = this.#open.get(webhookId);
    if (file) this.#retire(file).catch(() => undefined);
    for (const [closing, closed] of [...this.#closing]) {
      if (closing.webhookId === webhookId) await closed.catch(() => undefined);
    }
    const path = this.pathOf(webhookId);
    for (const name of [path, `${path}-wal`, `${path}-shm`]) await rm(name, { force: true });
  }

  /** Removes the files that a crash in the middle of a webhook's deletion left. */
  async deleteLeftovers(webhookIds: readonly string[]): Promise<void> {
    for (const webhookId of webhookIds) if (existsSync(this.pathOf(webhookId))) await this.delete(webhookId);
  }

  /** Closes files that nobody used for a while; called by the slow safety interval. */
  closeIdle(): void {
    const before = this.#options.monotonic() - IDLE_CLOSE_MS;
    for (const file of this.#open.values()) {
      if (file.lastUsedAt < before && !file.isPinned) this.#retire(file).catch(() => undefined);
    }
  }

  /** Resolves when every file is closed; a file in use is closed when its users are done. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#opening.values());
    for (const file of this.#open.values()) this.#retire(file).catch(() => undefined);
    await Promise.allSettled(this.#closing.values());
  }

  /** The given webhooks that have pending deliveries, found off the main thread. */
  async findPending(webhookIds: readonly string[]): Promise<readonly string[]> {
    const idByPath = new Map(webhookIds.map((id) => [this.pathOf(id), id]));
    const paths = await this.#options.upkeep.scan([...idByPath.keys()]);
    return paths.flatMap((path) => idByPath.get(path) ?? []);
  }

  /**
   * Takes a file out of use after a fault of the disk, and returns the error for its users. The webhook is unavailable
   * until the WAL is copied back and synced: what a failed sync covered may never reach the disk, and anything written
   * after it would be lost with it.
   */
  discard(file: EventFile, cause: unknown): AppError {
    return this.#takeOut(file, cause, () => this.#options.upkeep.restartWal(file.path));
  }

  #takeOut(file: EventFile, cause: unknown, again: () => Promise<void>): AppError {
    if (this.#open.get(file.webhookId) !== file) return unusable(file.webhookId, cause);
    return this.#faults.add(file.webhookId, cause, { first: () => this.#retire(file), again });
  }

  #openFile(webhookId: string): EventFile {
    try {
      const file = new EventFile(webhookId, this.pathOf(webhookId), this.#options.upkeep);
      file.lastUsedAt = this.#options.monotonic();
      this.#options.metrics?.pending(webhookId, file.tally.pending);
      // Needed for a file that existed too: SQLite removes the WAL when the last connection closes, so it may be new.
      this.#entries.opened(file);
      return file;
    } catch (error) {
      const shortage = descriptorShortage(webhookId, error);
      if (shortage === null) throw this.#faults.add(webhookId, error);
      // A shortage is not this file's fault and soon over: connections have taken the descriptors that files need.
      this.#evict(Math.ceil(this.#options.maxOpen / 4));
      throw shortage;
    }
  }

  #evict(count: number): void {
    let left = count;
    for (const file of this.#open.values()) {
      if (left <= 0) return;
      if (file.isPinned) continue;
      this.#retire(file).catch(() => undefined);
      left--;
    }
  }

  /** Rejects if the WAL could not be copied back: it stays beside the file and is replayed at its next opening. */
  #retire(file: EventFile): Promise<void> {
    this.#open.delete(file.webhookId);
    const retired = file.unpinned().then(() => this.#options.upkeep.retire(file.path, () => file.close()));
    const closed = retired.finally(() => {
      this.#closing.delete(file);
      this.#entries.closed(file);
      this.#waiting.shift()?.();
    });
    this.#closing.set(file, closed);
    return closed;
  }
}
