/** `webhooker check`: looks for faults in every database, also while the gateway runs. */
import type { Command } from "commander";
import { AppError } from "../lib/errors.ts";
import type { CheckReport } from "../storage/reader/check.ts";
import { checkInBackground } from "../storage/reader/inspection.ts";
import { tellCheckProgress } from "./check-progress.ts";
import { requireData, type Where } from "./data-there.ts";
import type { Io } from "./io.ts";
import { stayAlive } from "./stay-alive.ts";
import { count } from "./table.ts";

export function addCheckCommand(program: Command, io: Io): void {
  program
    .command("check")
    .description("check all databases; print each fault and exit 1 if there are any")
    .action(async () => {
      const { dbPath, dataDir } = io.loadConfig();
      requireData({ dbPath, dataDir }, "check");
      const { eventFiles, faults } = await check({ dbPath, dataDir }, io);
      for (const { database, fault } of faults) io.out(`${database}: ${fault}`);
      const checked = `the main database and ${count(eventFiles, "event file")}`;
      if (faults.length === 0) return io.out(`No faults in ${checked}.`);
      throw new AppError({
        kind: "unavailable",
        message: `${count(faults.length, "fault")} in ${checked}.`,
        hint: "Restore damaged files from a backup. Please report a ledger that is out of balance.",
      });
    });
}

async function check(where: Where, io: Io): Promise<CheckReport> {
  const lines = tellCheckProgress(io);
  try {
    return await stayAlive(() => checkInBackground(where, lines.note));
  } finally {
    lines.stop();
  }
}
