/** Refuses commands that need event files at a node of a cluster that has none. */
import { AppError } from "../lib/errors.ts";
import { isSpare } from "../storage/main-db/replication/spare.ts";
import type { Where } from "./data-there.ts";

/** Throws AppError `conflict` at a spare. */
export function requireEventFiles({ dbPath }: Pick<Where, "dbPath">, what: string): void {
  if (isSpare(dbPath)) throw withoutFiles(what);
}

export function withoutFiles(what: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "no_event_files",
    message: `Nothing to ${what}: this node of the cluster has no event files.`,
    hint: "Run it at a node that has them: `webhooker cluster status` tells which do.",
  });
}
