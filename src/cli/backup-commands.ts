/** `webhooker backup` and `webhooker restore`: copy the whole data folder to a backup and back. */
import type { Command } from "commander";
import { AppError } from "../lib/errors.ts";
import { version } from "../lib/version.ts";
import { backUp } from "../storage/backup/back-up.ts";
import { noteBackup } from "../storage/backup/last-backup.ts";
import { restore } from "../storage/backup/restore.ts";
import { requireData } from "./data-there.ts";
import type { Io } from "./io.ts";
import { requireEventFiles } from "./spare.ts";
import { count } from "./table.ts";

const KEY_NOTE = "Secrets and sessions can be read only with the same SECRET_KEY or webhooker.key";

const NODE_NOTE =
  "The backup is one of a cluster's node. Restored, it is that of a gateway alone, or of the first node of another log.";

export function addBackupCommands(program: Command, io: Io): void {
  program
    .command("backup")
    .description("copy all databases into an empty folder; the gateway may be running")
    .argument("<dir>", "new or empty folder")
    .option("--with-key", "include the secret key file; anyone with the backup can then read all secrets")
    .action(async (to: string, options: { withKey?: true }) => {
      const { dbPath, dataDir } = io.loadConfig();
      requireData({ dbPath, dataDir }, "back up");
      requireEventFiles({ dbPath }, "back up");
      const withKey = options.withKey === true;
      const { clock, err: tell } = io;
      const report = backUp({ dbPath, dataDir, to, withKey, version, clock, tell });
      const { hasMain, eventFiles, bytes, faults } = report;
      await noteBackup(dataDir, { at: clock.now(), eventFiles, bytes, faults: faults.length }).catch(() =>
        tell(`The server page will not show this backup: ${dataDir} cannot be written to.`),
      );
      const copied = `${hasMain ? "the main database and " : ""}${count(eventFiles, "event file")}`;
      io.out(`Backed up ${copied}, ${bytes} bytes, to ${to}.`);
      if (!withKey) io.err(`${KEY_NOTE}, which is not in this backup. Keep a copy of it elsewhere.`);
      if (faults.length === 0) return;
      throw new AppError({
        kind: "unavailable",
        message: `${count(faults.length, "file")} could not be copied; everything else was backed up.`,
        hint: "Find the cause with: webhooker check.",
      });
    });

  program
    .command("restore")
    .description("restore a backup to DBURL and DATA_DIR; stop the gateway first; never overwrites files")
    .argument("<dir>", "the backup's folder")
    .option("--partial", "skip damaged event files instead of restoring nothing")
    .action((from: string, options: { partial?: true }) => {
      const { dbPath, dataDir, secretKey } = io.loadConfig();
      const partial = options.partial === true;
      const report = restore({ from, dbPath, dataDir, partial, tell: io.err });
      const { eventFiles, takenAt, hasKey, wasNode, faults } = report;
      io.out(`Restored the main database and ${count(eventFiles, "event file")} of ${takenAt}.`);
      if (!hasKey && secretKey === null) io.err(`${KEY_NOTE}. Put it in place before you start the gateway.`);
      if (wasNode) io.err(NODE_NOTE);
      if (faults.length === 0) return;
      throw new AppError({
        kind: "unavailable",
        message: `${count(faults.length, "file")} could not be restored; their webhooks start without events.`,
        details: faults.map(({ file, fault }) => ({ path: file, message: fault })),
      });
    });
}
