/** A node's view of the cluster, as it tells it to operators, and the faults in it. */
import { z } from "zod";

/** Nodes beat several times a second. */
const HEARD_MS = 5_000;
const MOST_LAG = 10_000;
const FEWEST_NODES = 2;

const nodeSchema = z.object({
  node: z.string(),
  url: z.string(),
  version: z.string(),
  /** Time since it was last heard. */
  heard_ms_ago: z.number(),
  leads: z.boolean(),
  /** It claims nothing and does not lead: it was told so, or has no room on its disk. */
  draining: z.boolean(),
  /** The log has brought what only a later version can apply: it applies nothing more. Nodes of before do not tell. */
  needs_upgrade: z.boolean().default(false),
  /** Positions of the log up to which its files have the entries, and have them synced. */
  applied: z.number(),
  synced: z.number(),
  /** Entries that it has not applied. */
  lag: z.number(),
});

export const clusterStatusSchema = z.object({
  /** The node that tells this. */
  node: z.string(),
  /** Null while no node says that it leads. */
  leader: z.object({ node: z.string(), epoch: z.number() }).nullable(),
  nodes: z.array(nodeSchema),
  /** Null if the log's servers do not answer. */
  log: z.object({ first: z.number(), last: z.number(), bytes: z.number(), max_bytes: z.number() }).nullable(),
});

export type ClusterStatus = z.output<typeof clusterStatusSchema>;
export type NodeStatus = z.output<typeof nodeSchema>;

function isHeard({ heard_ms_ago: ms }: Pick<NodeStatus, "heard_ms_ago">): boolean {
  return ms <= HEARD_MS;
}

/** Returns the node's role, in one word. */
export function roleOf(node: NodeStatus): "silent" | "leads" | "outdated" | "drained" | "follows" {
  if (!isHeard(node)) return "silent";
  if (node.leads) return "leads";
  if (node.needs_upgrade) return "outdated";
  return node.draining ? "drained" : "follows";
}

/** Returns a sentence for each thing that is not well; none for a healthy cluster. */
export function findClusterFaults({ leader, nodes, log }: ClusterStatus): readonly string[] {
  const heard = nodes.filter(isHeard);
  const outdated = heard.filter(({ needs_upgrade: isOutdated }) => isOutdated);
  const lagging = heard.filter(({ lag }) => lag > MOST_LAG);
  return [
    ...(leader === null ? ["No node leads."] : []),
    ...(log === null ? ["The servers of the log do not answer."] : []),
    ...(heard.length < FEWEST_NODES ? ["Fewer than two nodes are heard."] : []),
    ...outdated.map(
      ({ node, version }) =>
        `Node ${node} applies nothing more: the log has entries that version ${version} does not know. Upgrade it.`,
    ),
    ...lagging.map(({ node, lag }) => `Node ${node} lags ${lag.toLocaleString("en")} entries behind.`),
  ];
}
