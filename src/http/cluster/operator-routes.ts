/** Answers the operators' command line, which knows the secret key. */
import { Elysia } from "elysia";
import type { ClusterStatus } from "./cluster-status.ts";
import { CLUSTER_PREFIX } from "./gate.ts";
import { requireNode } from "./node-caller.ts";

export const STATUS_PATH = `${CLUSTER_PREFIX}status`;

export const DRAIN_PATH = `${CLUSTER_PREFIX}drain`;
export const UNDRAIN_PATH = `${CLUSTER_PREFIX}undrain`;
const FORGET_PATH = `${CLUSTER_PREFIX}forget`;

/** Path and query, which the signature of the request covers. */
export function forgetPath(node: string): string {
  return `${FORGET_PATH}?node=${encodeURIComponent(node)}`;
}

export type OperatorRoutes = ReturnType<typeof operatorRoutes>;

/** The gate must be in front: it verifies who asks. Each node answers for itself, but the leader forgets. */
export function operatorRoutes(deps: {
  readStatus: () => Promise<ClusterStatus>;
  /** Lets the node stand aside until it is called with false, or the process ends. */
  drain: (isDrained: boolean) => void;
  /** Removes a node that is gone for good; asks the leader for it. */
  forget: (node: string) => Promise<unknown>;
}) {
  const { readStatus, drain, forget } = deps;

  function order(request: Request, isDrained: boolean): Response {
    requireNode(request);
    drain(isDrained);
    return Response.json({ draining: isDrained });
  }

  return new Elysia({ name: "operators" })
    .get(STATUS_PATH, async ({ request }) => {
      requireNode(request);
      return Response.json(await readStatus());
    })
    .post(DRAIN_PATH, ({ request }) => order(request, true))
    .post(UNDRAIN_PATH, ({ request }) => order(request, false))
    .post(FORGET_PATH, async ({ request }) => {
      requireNode(request);
      const node = new URL(request.url).searchParams.get("node") ?? "";
      await forget(node);
      return Response.json({ forgotten: node });
    });
}
