/** What commands use of the process they run in, so that tests can run them in their own. */
import type { Config } from "../config.ts";
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { TerminalLook } from "../manual/terminal.ts";
import { refuseMissingMainDb } from "../storage/folder/missing-data.ts";
import { type MainDb, openMainDb } from "../storage/main-db/open.ts";
import { isLost } from "../storage/sqlite/file-size.ts";

export type Io = Readonly<{
  /** A line for people and pipes. */
  out: (line: string) => void;
  /** A line for people alone. */
  err: (line: string) => void;
  /** How standard output shows what is longer than a line. */
  terminal: TerminalLook;
  readStdin: () => Promise<string>;
  /** Throws ConfigError. */
  loadConfig: () => Config;
  /** Called before the gateway is started; need not return. */
  prepareToServe: (config: Config) => void;
  clock: Clock;
}>;

/**
 * Runs `use` on the main database of the configuration, which a running gateway may have open too. Throws AppError
 * not_found rather than make one: in a wrong folder it would seem that nothing is there.
 */
export async function withMainDb<T>(io: Io, use: (mainDb: MainDb) => T | Promise<T>): Promise<T> {
  const { dbPath } = io.loadConfig();
  if (!isLost(dbPath)) return withAnyMainDb(io, use);
  throw new AppError({
    kind: "not_found",
    message: `The main database ${dbPath} does not exist.`,
    hint: "Set DBURL as for the gateway. Relative paths start at the working directory.",
  });
}

/** The same for what may come before the gateway's first start: the main database is made where there is none. */
export async function withAnyMainDb<T>(io: Io, use: (mainDb: MainDb) => T | Promise<T>): Promise<T> {
  const { dbPath: path, dataDir, checkpoints } = io.loadConfig();
  // Made anew beside event files, it would let the next start lose all that they belong to.
  refuseMissingMainDb({ dbPath: path, dataDir });
  const mainDb = openMainDb({ path, clock: io.clock, keepsWals: checkpoints === "replicator" });
  try {
    return await use(mainDb);
  } finally {
    mainDb.close();
  }
}
