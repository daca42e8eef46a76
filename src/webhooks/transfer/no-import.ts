/** Refuses imports where the imported event file would be at one node of a cluster only. */
import { AppError } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";

/** Throws AppError `conflict`. */
export function refuseInCluster({ replication }: Pick<MainDb, "replication">): void {
  if (replication.state() === null) return;
  throw new AppError({
    kind: "conflict",
    code: "import_in_cluster",
    message: "A webhook cannot be imported into a cluster: its events would be at one node only.",
    hint: "Bring its configuration by `webhooker export-config` and `webhooker apply`, without the events.",
  });
}
