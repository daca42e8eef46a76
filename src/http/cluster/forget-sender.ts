/** Asks the leader of the cluster to forget a node. */
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import type { NodeAddress } from "./forward.ts";
import type { NodeSignatures } from "./node-signature.ts";
import { forgetPath } from "./operator-routes.ts";

const TIMEOUT_MS = 10_000;

const errorSchema = z.object({
  error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
});

/** Rejects with what the leader says, or with AppError `unavailable` if there is none or it does not answer. */
export function createForgetSender(deps: {
  leader: () => NodeAddress | null;
  signatures: Pick<NodeSignatures, "sign">;
}): (node: string) => Promise<void> {
  const { leader: findLeader, signatures } = deps;
  return async (node) => {
    const leader = findLeader();
    if (leader === null) throw nobody();
    const path = forgetPath(node);
    const response = await fetch(`${leader.url}${path}`, {
      method: "POST",
      headers: signatures.sign({ method: "POST", path, client: null }),
      // Between nodes there is none, whatever the environment says.
      proxy: false,
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw nobody(cause);
    });
    if (response.ok) return;
    const told = errorSchema.safeParse(await response.json().catch(() => null)).data?.error;
    if (told === undefined) throw nobody();
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
