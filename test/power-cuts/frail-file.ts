/** One file on a disk that keeps only synced data: every other sector may be as before or as any write left it. */

/** The unit that a disk writes whole. */
const SECTOR = 512;

/**
 * Moments are counted by the whole disk. `endedAt` is when the write was done: a sync that began before does not cover
 * it.
 */
type Version<T> = { value: T; endedAt: number; isLost: boolean };
export type Write = Readonly<{ end: (at: number) => void }>;

/** Decides at random whether unsynced data is on disk. */
export type Chance = () => boolean;

export class FrailFile {
  /** The content as every program sees it. */
  #now: Buffer = Buffer.alloc(0);
  #size = 0;
  #durable: Buffer = Buffer.alloc(0);
  #durableSize = 0;
  readonly #sectors = new Map<number, Version<Buffer>[]>();
  #sizes: Version<number>[] = [];

  /** A file that is completely on disk. */
  static of(bytes: Buffer): FrailFile {
    const file = new FrailFile();
    file.#now = Buffer.from(bytes);
    file.#durable = Buffer.from(bytes);
    file.#size = file.#durableSize = bytes.length;
    return file;
  }

  get size(): number {
    return this.#size;
  }

  write(at: number, bytes: Buffer): Write {
    const end = at + bytes.length;
    this.#now = grown(this.#now, end);
    bytes.copy(this.#now, at);
    const made: { endedAt: number }[] = [];
    if (end > this.#size) made.push(this.#resize(end));
    for (let sector = Math.floor(at / SECTOR); sector * SECTOR < end; sector++) made.push(this.#note(sector));
    return ending(made);
  }

  truncate(size: number): Write {
    const before = this.#size;
    const made: { endedAt: number }[] = size === before ? [] : [this.#resize(size)];
    this.#now = grown(this.#now, size);
    this.#now.fill(0, size);
    for (let sector = Math.floor(size / SECTOR); sector * SECTOR < before; sector++)
      made.push(this.#note(sector));
    return ending(made);
  }

  /** Marks everything that had ended when the sync began as on disk, except what an earlier sync failed to write. */
  synced(begunAt: number): void {
    for (const [sector, versions] of this.#sectors) {
      const left = settle(versions, begunAt, (bytes) => {
        this.#durable = grown(this.#durable, (sector + 1) * SECTOR);
        bytes.copy(this.#durable, sector * SECTOR);
      });
      if (left.length === 0) this.#sectors.delete(sector);
      else this.#sectors.set(sector, left);
    }
    this.#sizes = settle(this.#sizes, begunAt, (size) => {
      this.#durableSize = size;
    });
  }

  /**
   * The data that the sync should have written is not retried: a kernel treats it as written once it has reported the
   * fault.
   */
  syncFailed(begunAt: number): void {
    for (const versions of this.#sectors.values()) {
      for (const version of versions) if (version.endedAt < begunAt) version.isLost = true;
    }
  }

  /** The content that a power cut at this moment may leave. */
  cut(isThere: Chance, random: () => number): Buffer {
    const pick = <T>(versions: readonly Version<T>[], durable: T): T =>
      isThere() ? (versions[Math.floor(random() * versions.length)]?.value ?? durable) : durable;
    const size = pick(this.#sizes, this.#durableSize);
    const left = Buffer.alloc(size);
    this.#durable.copy(left, 0, 0, Math.min(size, this.#durable.length));
    for (const [sector, versions] of this.#sectors) {
      const at = sector * SECTOR;
      if (at < size) pick(versions, null)?.copy(left, at, 0, Math.min(SECTOR, size - at));
    }
    return left;
  }

  #resize(size: number): Version<number> {
    this.#size = size;
    const version = { value: size, endedAt: Number.POSITIVE_INFINITY, isLost: false };
    this.#sizes.push(version);
    return version;
  }

  #note(sector: number): Version<Buffer> {
    const value = Buffer.alloc(SECTOR);
    this.#now.copy(value, 0, sector * SECTOR, Math.min(this.#now.length, (sector + 1) * SECTOR));
    const version = { value, endedAt: Number.POSITIVE_INFINITY, isLost: false };
    const versions = this.#sectors.get(sector);
    if (versions) versions.push(version);
    else this.#sectors.set(sector, [version]);
    return version;
  }
}

/** Passes the last version that had ended by then to `keep`; returns those that may still be written. */
function settle<T>(versions: Version<T>[], begunAt: number, keep: (value: T) => void): Version<T>[] {
  const last = versions.findLastIndex(({ endedAt }) => endedAt < begunAt);
  const version = versions[last];
  if (!version || version.isLost) return versions;
  keep(version.value);
  return versions.slice(last + 1);
}

function ending(made: readonly { endedAt: number }[]): Write {
  return {
    end(at) {
      for (const version of made) version.endedAt = at;
    },
  };
}

function grown(buffer: Buffer, size: number): Buffer {
  if (size <= buffer.length) return buffer;
  const larger = Buffer.alloc(Math.max(size, buffer.length * 2));
  buffer.copy(larger);
  return larger;
}
