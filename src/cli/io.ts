/** The parts of the process that commands use, so that tests can run commands in their own process. */
import type { Config } from "../config.ts";
import type { ClientEnvironment } from "../config-client.ts";
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { TerminalLook } from "../manual/terminal.ts";
import { actAs, beginAct } from "../observability/acting.ts";
import { refuseMissingMainDb } from "../storage/folder/missing-data.ts";
import { requireReachable } from "../storage/folder/reachable.ts";
import { type MainDb, openMainDb } from "../storage/main-db/open.ts";
import { explainRefusedChange } from "../storage/main-db/replication/refused-change.ts";
import { isLost } from "../storage/sqlite/file-size.ts";
import { followIfStopped } from "./stopped-node.ts";

export type Io = Readonly<{
  /** Prints a line for people and pipes. */
  out: (line: string) => void;
  /** Prints a line for people only. */
  err: (line: string) => void;
  /** Colours and width of standard output. */
  terminal: TerminalLook;
  /** Whether a person reads standard output, not a program. */
  isTerminal: boolean;
  readStdin: () => Promise<string>;
  readStdinBytes: () => Promise<Uint8Array>;
  /** Reads a secret from standard input; shows `prompt` to a person, and not what they type. */
  readSecret: (prompt: string) => Promise<string>;
  /** Writes bytes to standard output. */
  outBytes: (bytes: Uint8Array) => void;
  /** Needed by the commands for a gateway elsewhere. */
  clientEnvironment: () => ClientEnvironment;
  /** Throws ConfigError. */
  loadConfig: () => Config;
  /** Called before the gateway starts; need not return. */
  prepareToServe: (config: Config) => void;
  clock: Clock;
}>;

type ConfiguredIo = Pick<Io, "loadConfig" | "clock">;

/**
 * Runs `use` on the configured main database, which a running gateway may have open too. Throws AppError not_found
 * instead of creating one: in a wrong folder that would look as if there were no data.
 */
export async function withMainDb<T>(io: ConfiguredIo, use: (mainDb: MainDb) => T | Promise<T>): Promise<T> {
  const { dbPath, dataDir } = io.loadConfig();
  requireReachable({ dbPath, dataDir });
  if (!isLost(dbPath)) return withAnyMainDb(io, use);
  throw new AppError({
    kind: "not_found",
    message: `The main database ${dbPath} does not exist.`,
    hint: "Set DBURL as for the gateway. Relative paths start at the working directory.",
  });
}

/**
 * Like `withMainDb`, but creates the main database if there is none, for commands that may run before the first start.
 */
export async function withAnyMainDb<T>(
  io: ConfiguredIo,
  use: (mainDb: MainDb) => T | Promise<T>,
): Promise<T> {
  const { dbPath: path, dataDir, checkpoints } = io.loadConfig();
  // A new main database beside event files would make the next start treat them as belonging to nobody.
  refuseMissingMainDb({ dbPath: path, dataDir });
  const mainDb = openMainDb({ path, clock: io.clock, keepsWals: checkpoints === "replicator" });
  try {
    followIfStopped(mainDb, dataDir);
    return await actAs(beginAct({ via: "command line" }), () => use(mainDb));
  } catch (error) {
    throw explainRefusedChange(error);
  } finally {
    mainDb.close();
  }
}
