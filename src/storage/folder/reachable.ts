/** Refuses data that this user cannot get at, rather than report it as missing, damaged, or a fault of the program. */
import { accessSync, constants, statSync } from "node:fs";
import { AppError, errorCode, errorReason } from "../../lib/errors.ts";

/** Throws AppError `unavailable`. Paths where nothing is are left to others. */
export function requireReachable({ dbPath, dataDir }: { dbPath: string; dataDir: string }): void {
  reach(dbPath, constants.R_OK);
  reach(dataDir, constants.F_OK);
  if (statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new AppError({
      kind: "unavailable",
      code: "folder_unusable",
      message: `${dataDir} is not a folder.`,
      hint: "Set DATA_DIR to the folder of the event files.",
    });
  }
  reach(dataDir, constants.R_OK | constants.X_OK);
}

function reach(path: string, mode: number): void {
  try {
    accessSync(path, mode);
  } catch (cause) {
    if (errorCode(cause) === "ENOENT" || errorCode(cause) === "ENOTDIR") return;
    throw new AppError({
      kind: "unavailable",
      code: "data_unreachable",
      message: `This user cannot read ${path} (${errorReason(cause)}).`,
      hint: "Run commands as the user of the gateway, or as root. The gateway itself needs data that it may read and write.",
      cause,
    });
  }
}
