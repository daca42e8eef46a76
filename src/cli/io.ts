/** What commands use of the process they run in, so that tests can run them in their own. */
import type { Config } from "../config.ts";
import type { Clock } from "../lib/clock.ts";
import { type MainDb, openMainDb } from "../storage/main-db/open.ts";

export type Io = Readonly<{
  /** A line for people and pipes. */
  out: (line: string) => void;
  /** A line for people alone. */
  err: (line: string) => void;
  readStdin: () => Promise<string>;
  /** Throws ConfigError. */
  loadConfig: () => Config;
  clock: Clock;
}>;

/** Runs `use` on the main database of the configuration, which a running gateway may have open too. */
export async function withMainDb<T>(io: Io, use: (mainDb: MainDb) => T | Promise<T>): Promise<T> {
  const { dbPath: path, checkpoints } = io.loadConfig();
  const mainDb = openMainDb({ path, clock: io.clock, keepsLogs: checkpoints === "replicator" });
  try {
    return await use(mainDb);
  } finally {
    mainDb.close();
  }
}
