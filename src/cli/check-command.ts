/** `webhooker check`: looks for faults in every database, also while the gateway runs. */
import type { Command } from "commander";
import { AppError } from "../lib/errors.ts";
import { checkDatabases } from "../storage/check.ts";
import { requireData } from "./data-there.ts";
import type { Io } from "./io.ts";
import { count } from "./table.ts";

export function addCheckCommand(program: Command, io: Io): void {
  program
    .command("check")
    .description("check every database's structure and ledger; exit with 1 and a line for each fault")
    .action(() => {
      const { dbPath, dataDir } = io.loadConfig();
      requireData({ dbPath, dataDir }, "check");
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
