/** Refuses commands that read a gateway's data if there is none, instead of creating an empty one. */
import { existsSync } from "node:fs";
import type { Config } from "../config.ts";
import { AppError } from "../lib/errors.ts";
import { requireReachable } from "../storage/folder/reachable.ts";
import { isLost } from "../storage/sqlite/file-size.ts";

export type Where = Pick<Config, "dbPath" | "dataDir">;

/** Throws AppError not_found, or unavailable if the data is not this user's. */
export function requireData({ dbPath, dataDir }: Where, what: string): void {
  requireReachable({ dbPath, dataDir });
  const missing = isLost(dbPath) ? dbPath : existsSync(dataDir) ? undefined : dataDir;
  if (missing === undefined) return;
  throw new AppError({
    kind: "not_found",
    message: `Nothing to ${what}: ${missing} does not exist.`,
    hint: "Set DBURL and DATA_DIR as for the gateway.",
  });
}
