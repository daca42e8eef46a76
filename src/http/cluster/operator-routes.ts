/** What operators ask a node of the cluster by the command line, which knows the secret key. */
import { Elysia } from "elysia";
import type { ClusterStatus } from "./cluster-status.ts";
import { CLUSTER_PREFIX } from "./gate.ts";
import { requireNode } from "./node-caller.ts";

export const STATUS_PATH = `${CLUSTER_PREFIX}status`;

export type OperatorRoutes = ReturnType<typeof operatorRoutes>;

/** The gate must be in front: it verifies who asks. Each node answers for itself. */
export function operatorRoutes(deps: { readStatus: () => Promise<ClusterStatus> }) {
  return new Elysia({ name: "operators" }).get(STATUS_PATH, async ({ request }) => {
    requireNode(request);
    return Response.json(await deps.readStatus());
  });
}
