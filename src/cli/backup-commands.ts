/** `webhooker backup` and `webhooker restore`: the whole data folder, into a folder and out of it. */
import type { Command } from "commander";
import { AppError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { backUp } from "../storage/backup/back-up.ts";
import { restore } from "../storage/backup/restore.ts";
import { requireData } from "./data-there.ts";
import type { Io } from "./io.ts";
import { count } from "./table.ts";

const KEY_NOTE = "Secrets and sessions can be read with the same SECRET_KEY or webhooker.key alone";

export function addBackupCommands(program: Command, io: Io): void {
  program
    .command("backup")
    .description("copy every database into an empty folder, also while the gateway runs")
    .argument("<dir>", "folder that is new or empty")
    .option("--with-key", "copy the secret key file too: who has the backup then has every secret")
    .action((to: string, options: { withKey?: true }) => {
      const { dbPath, dataDir } = io.loadConfig();
      requireData({ dbPath, dataDir }, "back up");
      const withKey = options.withKey === true;
      const { clock, err: tell } = io;
      const { eventFiles, bytes, faults } = backUp({ dbPath, dataDir, to, withKey, version, clock, tell });
      io.out(`Backed up the main database and ${count(eventFiles, "event file")}, ${bytes} bytes, to ${to}.`);
      if (!withKey) io.err(`${KEY_NOTE}, which is not in this backup: keep a copy of it elsewhere.`);
      if (faults.length === 0) return;
      throw new AppError({
        kind: "unavailable",
        message: `${count(faults.length, "file")} could not be copied; the rest is backed up.`,
        hint: "See what is wrong with: webhooker check.",
      });
    });

  program
    .command("restore")
    .description(
      "put a backup where DBURL and DATA_DIR say; overwrites nothing, and the gateway must not run",
    )
    .argument("<dir>", "folder of the backup")
    .option("--partial", "leave out event files that are damaged, instead of restoring nothing")
    .action((from: string, options: { partial?: true }) => {
      const { dbPath, dataDir, secretKey } = io.loadConfig();
      const partial = options.partial === true;
      const report = restore({ from, dbPath, dataDir, partial, tell: io.err });
      const { eventFiles, takenAt, hasKey, faults } = report;
      io.out(`Restored the main database and ${count(eventFiles, "event file")} of ${takenAt}.`);
      if (!hasKey && secretKey === null) io.err(`${KEY_NOTE}: put it there before the start.`);
      if (faults.length === 0) return;
      throw new AppError({
        kind: "unavailable",
        message: `${count(faults.length, "file")} could not be restored; those webhooks start without events.`,
        details: faults.map(({ file, fault }) => ({ path: file, message: fault })),
      });
    });
}
