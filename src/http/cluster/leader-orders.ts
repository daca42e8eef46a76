/** Hands an operator's order on to the leader of the cluster. */
import { AppError } from "../../lib/errors.ts";
import type { NodeAddress } from "./forward.ts";
import { createNodeFetch, readNodeError } from "./node-fetch.ts";
import type { NodeSignatures } from "./node-signature.ts";

const TIMEOUT_MS = 10_000;

/**
 * Posts to a path, which may have a query, and resolves with the answer's JSON. Rejects with what the leader says, or with
 * AppError `unavailable` if there is none or it does not answer. `signal` limits the time, by default 10 s do.
 */
export type OrderLeader = (path: string, signal?: AbortSignal) => Promise<unknown>;

export function createLeaderOrders(deps: {
  leader: () => NodeAddress | null;
  signatures: Pick<NodeSignatures, "sign">;
}): OrderLeader {
  const { leader: findLeader, signatures } = deps;
  const fetchNode = createNodeFetch({ signatures });
  return async (path, signal = AbortSignal.timeout(TIMEOUT_MS)) => {
    const leader = findLeader();
    if (leader === null) throw nobody();
    const response = await fetchNode(leader.url, { method: "POST", path, signal }).catch((cause: unknown) => {
      throw nobody(cause);
    });
    if (response.ok) return response.json();
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
