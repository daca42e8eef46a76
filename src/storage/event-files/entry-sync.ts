/** Makes the directory entries of new files durable, with one sync for all that wait. */
import type { EventFile } from "../event-db/event-file.ts";

export class EntrySync {
  /** Open files whose directory entries may not be on disk yet. */
  readonly #unsynced = new Set<EventFile>();
  readonly #syncFolder: () => Promise<void>;
  #underWay: Promise<void> | null = null;

  constructor(syncFolder: () => Promise<void>) {
    this.#syncFolder = syncFolder;
  }

  opened(file: EventFile): void {
    this.#unsynced.add(file);
  }

  closed(file: EventFile): void {
    this.#unsynced.delete(file);
  }

  /** Resolves once the file's directory entries are on disk; at once if they are known to be. */
  async sync(file: EventFile): Promise<void> {
    if (!this.#unsynced.has(file)) return;
    // A sync under way may have begun before this entry was created.
    await this.#underWay?.catch(() => undefined);
    if (!this.#unsynced.has(file)) return;
    this.#underWay ??= this.#syncNow();
    await this.#underWay;
  }

  async #syncNow(): Promise<void> {
    const covered = [...this.#unsynced];
    try {
      await this.#syncFolder();
      for (const file of covered) this.#unsynced.delete(file);
    } finally {
      this.#underWay = null;
    }
  }
}
