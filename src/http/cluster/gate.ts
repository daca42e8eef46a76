/** Decides which node of the cluster answers a request: this one, or the leader. */
import { isHealthPath } from "../health.ts";
import { METRICS_PATH } from "../metrics-route.ts";
import { pathOf } from "../request-url.ts";
import type { Forwarder } from "./forward.ts";
import { rememberCaller } from "./node-caller.ts";
import type { NodeSignatures } from "./node-signature.ts";

/** The server, which knows a request's connection. */
export type GateServer = Readonly<{
  requestIP: (request: Request) => { address: string } | null;
  timeout: (request: Request, seconds: number) => void;
}>;

export type ClusterGate = Readonly<{
  /**
   * Answers a request that is not ingestion, by `next` or by the leader. `server` is null for requests made inside the
   * process. Rejects with AppError `forbidden` for headers of nodes that do not verify, and as `forward` does.
   */
  pass: (
    request: Request,
    next: (request: Request) => unknown,
    server: GateServer | null,
  ) => Promise<unknown>;
}>;

/** Where nodes talk to each other. */
export const CLUSTER_PREFIX = "/cluster/v1/";

export function createClusterGate(deps: {
  signatures: Pick<NodeSignatures, "verify">;
  /** Whether this node answers all requests itself. */
  isLeader: () => boolean;
  forwarder: Pick<Forwarder, "forward">;
  /** Address of the client of a request that reaches this node directly. */
  clientOf: (request: Request, server: GateServer | null) => string;
}): ClusterGate {
  const { signatures, isLeader, forwarder, clientOf } = deps;
  return {
    async pass(request, next, server) {
      const caller = signatures.verify(request);
      if (caller !== null) rememberCaller(request, caller);
      if (isLeader() || isAnsweredByEachNode(pathOf(request.url))) return next(request);
      const setIdleTimeout = (seconds: number) => server?.timeout(request, seconds);
      return forwarder.forward(request, clientOf(request, server), setIdleTimeout);
    },
  };
}

function isAnsweredByEachNode(path: string): boolean {
  return isHealthPath(path) || path === METRICS_PATH || path.startsWith(CLUSTER_PREFIX);
}
