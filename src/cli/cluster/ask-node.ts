/** Asks the gateway on this machine, which is a node of a cluster, by requests that the secret key signs. */
import { z } from "zod";
import type { Config } from "../../config.ts";
import type { ClusterConfig } from "../../config-cluster.ts";
import { type ClusterStatus, clusterStatusSchema } from "../../http/cluster/cluster-status.ts";
import { createNodeSignatures } from "../../http/cluster/node-signature.ts";
import { STATUS_PATH } from "../../http/cluster/operator-routes.ts";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { loadKeyRing } from "../../lib/key-files.ts";
import { userAgent } from "../../lib/version.ts";
import { localOrigin } from "../local-gateway.ts";

const TIMEOUT_MS = 5_000;

const errorSchema = z.object({ error: z.object({ message: z.string(), hint: z.string().optional() }) });

export type AskedNode = Readonly<{ config: Config; clock: Pick<Clock, "now"> }>;

/** Throws AppError without CLUSTER_URL: the gateway here is alone. */
export function requireCluster({ cluster }: Pick<Config, "cluster">): ClusterConfig {
  if (cluster !== null) return cluster;
  throw new AppError({
    kind: "conflict",
    code: "no_cluster",
    message: "This gateway is not part of a cluster: CLUSTER_URL is not set.",
    hint: "Run the command with the environment of the gateway.",
  });
}

/**
 * `isPatient`: the answer may take as long as it does; otherwise 5 s. Rejects with AppError `unavailable` if nothing answers,
 * and with what the node says if it refuses.
 */
export async function askNode(
  { config, clock }: AskedNode,
  { method, path, isPatient }: Readonly<{ method: "GET" | "POST"; path: string; isPatient?: true }>,
): Promise<Response> {
  const { node } = requireCluster(config);
  const signatures = createNodeSignatures({ key: loadKeyRing(config).nodeKey, node, clock });
  const origin = localOrigin(config);
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { "user-agent": userAgent, ...signatures.sign({ method, path, client: null }) },
    // A proxy meant for targets must not be used to reach this machine.
    proxy: false,
    redirect: "error",
    ...(isPatient ? { timeout: false } : { signal: AbortSignal.timeout(TIMEOUT_MS) }),
  }).catch((cause: unknown) => {
    throw new AppError({
      kind: "unavailable",
      message: `No gateway responds at ${origin}.`,
      hint: "Start it, or set HOST and PORT as for the gateway.",
      cause,
    });
  });
  if (response.ok) return response;
  const told = errorSchema.safeParse(await response.json().catch(() => null)).data?.error;
  throw new AppError({
    kind: "unavailable",
    message: told?.message ?? `The gateway at ${origin} answered with status ${response.status}.`,
    ...(told?.hint !== undefined && { hint: told.hint }),
  });
}

export async function askStatus(asked: AskedNode): Promise<ClusterStatus> {
  const response = await askNode(asked, { method: "GET", path: STATUS_PATH });
  return clusterStatusSchema.parse(await response.json());
}
