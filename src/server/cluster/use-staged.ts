/** Puts copies of the leader's files in place that a spare has taken beside its own. */
import type { Config } from "../../config.ts";
import { removeStaged } from "../../storage/cluster/seed.ts";
import type { StartOver } from "./seat.ts";

/** Why the node's place is taken anew, once there is nothing to put in place; null at first. */
export type Again = Extract<StartOver, string> | null;

/** Returns what is still to be done. Copies that were left behind are removed. Nobody may have the folder's files open. */
export function useStaged(config: Pick<Config, "dataDir" | "dbPath">, again: StartOver | null): Again {
  if (again === null || typeof again === "string") {
    removeStaged(config);
    return again;
  }
  again.putInPlace();
  // Files of webhooks that were deleted meanwhile would count as lost.
  return again.missing.length > 0 ? "main_database" : null;
}
