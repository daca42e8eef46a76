/** Refuses imports into a node's folder, where the imported event file would be at that node only. */
import { AppError } from "../../lib/errors.ts";
import type { MainDb } from "../../storage/main-db/open.ts";

/** Throws AppError `conflict`. */
export function refuseInCluster({ replication }: Pick<MainDb, "replication">): void {
  if (replication.state() === null) return;
  throw new AppError({
    kind: "conflict",
    code: "import_in_cluster",
    message: "The data here is that of a node of a cluster, which takes imports only while it runs.",
    hint: "Start the cluster, and import the file in its dashboard under Webhooks, or with POST /api/v1/webhooks/import at any node.",
  });
}
