/** Remembers which requests were verified to come from a node of the cluster, and for which client. */
import { AppError } from "../../lib/errors.ts";
import type { NodeCaller } from "./node-signature.ts";

const callers = new WeakMap<Request, NodeCaller>();

/** Call it for verified requests only: the client's address is believed from then on. */
export function rememberCaller(request: Request, caller: NodeCaller): void {
  callers.set(request, caller);
}

/** Returns null for a request that came directly from a client. */
export function callerOf(request: Request): NodeCaller | null {
  return callers.get(request) ?? null;
}

/** Throws AppError `forbidden` unless a node asks for itself: what it forwards for a client is the client's. */
export function requireNode(request: Request): NodeCaller {
  const caller = callerOf(request);
  if (caller !== null && caller.client === null) return caller;
  throw new AppError({
    kind: "forbidden",
    code: "nodes_only",
    message: "Only the nodes of the cluster may ask for this.",
  });
}
