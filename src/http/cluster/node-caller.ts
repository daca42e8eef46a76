/** Remembers which requests were verified to come from a node of the cluster, and for which client. */
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
