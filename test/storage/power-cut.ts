/**
 * A disk that keeps only synced data: computes what a power cut at any moment would leave of a folder of event files.
 */
import { fstatSync, mkdirSync, readdirSync, readFileSync, readSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { type StorageWorld, turn } from "./storage-world.ts";

/** The unit that a disk writes whole. */
const SECTOR = 512;
/** The WAL's header with its salts, which change at each restart. */
const WAL_HEADER = 32;
/** A page with its own header. */
const FRAME = 4_096 + 24;
/** Offset in the WAL's index (`-shm`) of the number of frames whose copying has begun. */
const COPIED_AT = 128;
/** Most turns of the event loop by which a sync ends later than it really does. */
const MOST_TURNS = 10;

/** `copiedFrames`: how far the worker may have copied the WAL back; it was synced up to there before. */
type Moment = Readonly<{ db: Buffer; wal: Buffer; copiedFrames: number }>;
/** `takenAt` orders the looks: of two synced looks at a file, the later one counts. */
type Look = Readonly<{ bytes: Buffer; takenAt: number }>;

type FrailDisk = Readonly<{
  /** Writes into a new folder what a cut at this moment leaves: random sectors of unsynced data. */
  cut: (folder: string) => void;
}>;

/**
 * Watches every sync that the world asks for. The worker's own syncs are SQLite's, whose order is relied on: it syncs
 * the WAL with its folder before it writes the database, the database before it restarts the WAL, and the WAL's new
 * header before any frame after it. `test/power-cuts` relies on none of this.
 */
export function watchDisk(world: StorageWorld, random: () => number): FrailDisk {
  const { dataDir, upkeep } = world;
  const real = { ...upkeep };
  const synced = new Map<string, Look>();
  /** Names whose directory entries are on disk. */
  const entries = new Set<string>();
  /** Content of each WAL when the worker began to copy it back. */
  const copying = new Map<string, Look>();
  /** Removed WALs, which may come back while the folder is not synced. */
  const removed = new Map<string, Buffer>();
  let looks = 0;

  const look = (bytes: Buffer): Look => ({ bytes, takenAt: ++looks });
  const pathOf = (name: string) => join(dataDir, name);

  function note(name: string, seen: Look): void {
    if (seen.takenAt > (synced.get(name)?.takenAt ?? 0)) synced.set(name, seen);
  }

  upkeep.sync = async (descriptor) => {
    const seen = look(readAll(descriptor));
    const wal = nameOf(dataDir, descriptor);
    const db = wal.replace(/-wal$/, "");
    // The first pages are durable before there is a WAL; after that, only copying the WAL back changes the database.
    if (!synced.has(db)) note(db, look(read(pathOf(db))));
    await real.sync(descriptor);
    await pause();
    note(wal, seen);
  };
  upkeep.syncFolder = async (path) => {
    const names = readdirSync(path);
    const gone = [...removed];
    await real.syncFolder(path);
    await pause();
    for (const name of names) entries.add(name);
    for (const [name, last] of gone) if (removed.get(name) === last) removed.delete(name);
  };
  upkeep.checkpoint = (path) => whileCopying(path, () => real.checkpoint(path));
  upkeep.restartWal = (path) => whileCopying(path, () => real.restartWal(path));
  upkeep.retire = async (path, close) => {
    const wal = walOf(path);
    const last = read(pathOf(wal));
    await whileCopying(path, () => real.retire(path, close));
    if (read(pathOf(wal)).length > 0) return;
    entries.delete(wal);
    removed.set(wal, last);
  };

  async function whileCopying(path: string, run: () => Promise<void>): Promise<void> {
    const wal = walOf(path);
    const begun = look(read(pathOf(wal)));
    copying.set(wal, begun);
    await run();
    if (copying.get(wal) === begun) copying.delete(wal);
    note(basename(path), look(read(path)));
    note(wal, begun);
    removed.delete(wal);
    if (read(pathOf(wal)).length > 0) entries.add(wal);
  }

  async function pause(): Promise<void> {
    for (let count = random() * MOST_TURNS; count > 0; count--) await turn();
  }

  /**
   * Reads both at one moment: the worker may copy the WAL back meanwhile, and records that in the index before it does.
   */
  function readNow(name: string): Moment {
    const path = pathOf(name);
    for (;;) {
      const before = readIndex(path);
      const moment = { db: read(path), wal: read(`${path}-wal`) };
      const index = readIndex(path);
      const copiedFrames = index.length > COPIED_AT ? index.readUInt32LE(COPIED_AT) : 0;
      if (index.equals(before)) return { ...moment, copiedFrames };
    }
  }

  /** The parts of a database and its WAL that are certainly on disk. */
  function certain(name: string, now: Moment): Readonly<{ db: Buffer; wal: Buffer }> {
    const last = synced.get(walOf(name))?.bytes ?? EMPTY;
    const copied = now.wal.subarray(0, WAL_HEADER + now.copiedFrames * FRAME);
    const wal = Buffer.alloc(Math.max(last.length, copied.length));
    last.copy(wal);
    copied.copy(wal);
    const begun = copying.get(walOf(name))?.bytes;
    const isStartedOver = begun !== undefined && !header(begun).equals(header(now.wal));
    return { db: isStartedOver ? now.db : (synced.get(name)?.bytes ?? now.db), wal };
  }

  function mix(old: Buffer, now: Buffer): Buffer {
    const mixed = Buffer.alloc(random() < 0.5 ? old.length : Math.max(old.length, now.length));
    for (let at = 0; at < mixed.length; at += SECTOR) {
      const from = at < now.length && random() < 0.5 ? now : old;
      // Beyond the end of the certain part, a sector that was not written is empty.
      if (at < from.length) from.copy(mixed, at, at, Math.min(at + SECTOR, mixed.length));
    }
    return mixed;
  }

  const isThere = (name: string) => entries.has(name) || random() < 0.5;

  return {
    cut(folder) {
      mkdirSync(folder);
      for (const name of readdirSync(dataDir)) {
        if (!name.endsWith(".db") || !isThere(name)) continue;
        const wal = walOf(name);
        const now = readNow(name);
        const kept = certain(name, now);
        writeFileSync(join(folder, name), mix(kept.db, now.db));
        const isLeft = now.wal.length > 0 && (copying.has(wal) || isThere(wal));
        const left = isLeft ? mix(kept.wal, now.wal) : (copying.get(wal)?.bytes ?? removed.get(wal));
        if (left) writeFileSync(join(folder, wal), left);
      }
    },
  };
}

const EMPTY = Buffer.alloc(0);

function walOf(path: string): string {
  return `${basename(path)}-wal`;
}

function header(wal: Buffer): Buffer {
  return wal.subarray(0, WAL_HEADER);
}

function read(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    // A WAL is removed with the last connection.
    return EMPTY;
  }
}

/** The part of the index that checkpoints and commits change. */
function readIndex(path: string): Buffer {
  return read(`${path}-shm`).subarray(0, COPIED_AT + 4);
}

function readAll(descriptor: number): Buffer {
  const bytes = Buffer.alloc(fstatSync(descriptor).size);
  readSync(descriptor, bytes, 0, bytes.length, 0);
  return bytes;
}

function nameOf(folder: string, descriptor: number): string {
  const { ino } = fstatSync(descriptor);
  const name = readdirSync(folder).find(
    (each) => statSync(join(folder, each), { throwIfNoEntry: false })?.ino === ino,
  );
  if (name === undefined) throw new Error("a file was synced that is not in the folder");
  return name;
}
