/** `webhooker check`: looks for faults in every database, also while the gateway runs. */
import { existsSync } from "node:fs";
import type { Command } from "commander";
import { AppError } from "../lib/errors.ts";
import { checkDatabases } from "../storage/check.ts";
import type { Io } from "./io.ts";

export function addCheckCommand(program: Command, io: Io): void {
  program
    .command("check")
    .description("check every database's structure and ledger; exit with 1 and a line for each fault")
    .action(() => {
      const { dbPath, dataDir } = io.loadConfig();
      for (const path of [dbPath, dataDir]) {
        if (!existsSync(path)) throw nothingThere(path);
      }
      const { eventFiles, faults } = checkDatabases({ dbPath, dataDir });
      for (const { database, fault } of faults) io.out(`${database}: ${fault}`);
      const checked = `the main database and ${count(eventFiles, "event file")}`;
      if (faults.length === 0) return io.out(`No faults in ${checked}.`);
      throw new AppError({
        kind: "unavailable",
        message: `${count(faults.length, "fault")} in ${checked}.`,
        hint: "A damaged file: restore it from a backup. A ledger out of balance: please report it.",
      });
    });
}

function nothingThere(path: string): AppError {
  return new AppError({
    kind: "not_found",
    message: `There is nothing to check at ${path}.`,
    hint: "DBURL and DATA_DIR must be those that the gateway is run with.",
  });
}

function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? "" : "s"}`;
}
