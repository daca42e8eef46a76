/** Gives what commands of the superuser create in a data folder to the user whose gateway has the folder. */
import {
  closeSync,
  constants,
  existsSync,
  fchownSync,
  fstatSync,
  openSync,
  readdirSync,
  type Stats,
  statSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Config } from "../../config.ts";

const SUPERUSER = 0;
/** The files that a data folder has; others in it are none of the gateway's. */
const DATA_FILE = /^(?:events-|webhooker\.|last-backup\.json)/;

type Where = Pick<Config, "dbPath" | "dataDir">;

/** Does nothing for other users, and where the superuser's own gateway has the folder. */
export class DataOwner {
  #noted: Readonly<{ where: Where; owner: Stats; newFolders: readonly string[] }> | null = null;

  /** Call it before anything is created: the data is the main database's owner's, else that of its folder's. */
  note(where: Where): void {
    if (process.geteuid?.() !== SUPERUSER || this.#noted !== null) return;
    const { dbPath, dataDir } = where;
    const owner = statSync(existsSync(dbPath) ? dbPath : existingFolderOf(dbPath));
    this.#noted = { where, owner, newFolders: [dirname(dbPath), dataDir].flatMap(missingFolders) };
  }

  giveBack(): void {
    if (this.#noted === null || this.#noted.owner.uid === SUPERUSER) return;
    const { where, owner, newFolders } = this.#noted;
    for (const path of [...newFolders, ...filesOf(where.dbPath), ...filesIn(where.dataDir)])
      give(path, owner);
  }
}

function existingFolderOf(path: string): string {
  const folder = dirname(resolve(path));
  return existsSync(folder) ? folder : existingFolderOf(folder);
}

function missingFolders(path: string): string[] {
  if (existsSync(path)) return [];
  return [...missingFolders(dirname(resolve(path))), path];
}

function filesOf(dbPath: string): readonly string[] {
  const [folder, name] = [dirname(dbPath), basename(dbPath)];
  return list(folder, (each) => each.startsWith(name) || each.startsWith("webhooker.key"));
}

function filesIn(dataDir: string): readonly string[] {
  return list(dataDir, (name) => DATA_FILE.test(name));
}

function list(folder: string, isOurs: (name: string) => boolean): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(isOurs)
    .map((name) => join(folder, name));
}

/** Leaves links alone: the folder's user could let them lead to any file of the superuser's. */
function give(path: string, { uid, gid }: Stats): void {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(file);
      const isSafe = found.isDirectory() || (found.isFile() && found.nlink === 1);
      if (found.uid === SUPERUSER && isSafe) fchownSync(file, uid, gid);
    } finally {
      closeSync(file);
    }
  } catch {
    // A link, gone, or on a disk that has no owners: the command itself has succeeded.
  }
}
