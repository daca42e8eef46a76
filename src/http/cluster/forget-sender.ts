/** Asks the leader of the cluster to forget a node. */
import { AppError } from "../../lib/errors.ts";
import type { NodeAddress } from "./forward.ts";
import { createNodeFetch, readNodeError } from "./node-fetch.ts";
import type { NodeSignatures } from "./node-signature.ts";
import { forgetPath } from "./operator-routes.ts";

const TIMEOUT_MS = 10_000;

/** Rejects with what the leader says, or with AppError `unavailable` if there is none or it does not answer. */
export function createForgetSender(deps: {
  leader: () => NodeAddress | null;
  signatures: Pick<NodeSignatures, "sign">;
}): (node: string) => Promise<void> {
  const { leader: findLeader, signatures } = deps;
  const fetchNode = createNodeFetch({ signatures });
  return async (node) => {
    const leader = findLeader();
    if (leader === null) throw nobody();
    const path = forgetPath(node);
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetchNode(leader.url, { method: "POST", path, signal }).catch((cause: unknown) => {
      throw nobody(cause);
    });
    if (response.ok) return;
    const told = await readNodeError(response);
    if (told === null) throw nobody();
    const { code, message, hint } = told;
    throw new AppError({ kind: "conflict", code, message, ...(hint !== undefined && { hint }) });
  };
}

function nobody(cause?: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_leader",
    message: "The cluster's leader does not answer.",
    hint: "Try again once `webhooker cluster status` names one.",
    cause,
  });
}
