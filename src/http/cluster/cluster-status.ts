/** A node's view of the cluster, as it tells it to operators, and the faults in it. */
import { z } from "zod";

/** Nodes beat several times a second. */
const HEARD_MS = 5_000;
const MOST_LAG = 10_000;
const FEWEST_NODES = 2;
/** A node that has much to do hears others late. */
const MOST_AHEAD_MS = 5_000;

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
  /** Which event files it has: "coming" while it takes them from the leader. */
  files: z.enum(["all", "none", "coming"]).default("all"),
  /** Positions of the log up to which its files have the entries, and have them synced. */
  applied: z.number(),
  synced: z.number(),
  /** Entries that it has not applied. */
  lag: z.number(),
  /** By how much its clock is ahead of that of the node that tells this. Nodes of before do not tell. */
  clock_ahead_ms: z.number().optional(),
});

export const clusterStatusSchema = z.object({
  /** The node that tells this. */
  node: z.string(),
  /** Null while no node says that it leads. */
  leader: z.object({ node: z.string(), epoch: z.number() }).nullable(),
  nodes: z.array(nodeSchema),
  /** Zeros from a node of an earlier version. */
  copies: z
    .object({
      /** Nodes that are to have all event files, and those of them that are heard. */
      wanted: z.number(),
      heard: z.number(),
      /** Nodes that the leader has listed. */
      keepers: z.array(z.string()),
    })
    .default({ wanted: 0, heard: 0, keepers: [] }),
  /** Null if the log's servers do not answer. */
  log: z.object({ first: z.number(), last: z.number(), bytes: z.number(), max_bytes: z.number() }).nullable(),
});

export type ClusterStatus = z.output<typeof clusterStatusSchema>;
export type NodeStatus = z.output<typeof nodeSchema>;

function isHeard({ heard_ms_ago: ms }: Pick<NodeStatus, "heard_ms_ago">): boolean {
  return ms <= HEARD_MS;
}

/** Returns the node's role, in one word. */
export function roleOf(
  node: NodeStatus,
): "silent" | "leads" | "outdated" | "copies" | "drained" | "follows" | "spare" {
  if (!isHeard(node)) return "silent";
  if (node.leads) return "leads";
  if (node.needs_upgrade) return "outdated";
  if (node.files === "coming") return "copies";
  if (node.draining) return "drained";
  return node.files === "none" ? "spare" : "follows";
}

/** Returns a sentence for each thing that is not well; none for a healthy cluster. */
export function findClusterFaults(status: ClusterStatus): readonly string[] {
  const { leader, nodes, log } = status;
  const heard = nodes.filter(isHeard);
  const outdated = heard.filter(({ needs_upgrade: isOutdated }) => isOutdated);
  const lagging = heard.filter(({ lag, files }) => lag > MOST_LAG && files !== "coming");
  return [
    ...(leader === null ? ["No node leads."] : []),
    ...(log === null ? ["The servers of the log do not answer."] : []),
    ...(heard.length < FEWEST_NODES ? ["Fewer than two nodes are heard."] : []),
    ...outdated.map(
      ({ node, version }) =>
        `Node ${node} applies nothing more: the log has entries that version ${version} does not know. Upgrade it.`,
    ),
    ...lagging.map(({ node, lag }) => `Node ${node} lags ${lag.toLocaleString("en")} entries behind.`),
    ...findWrongClocks(heard),
    ...findMissingCopies(status),
  ];
}

/** Events are due by the clock of the node that took them, and are delivered by that of the leader. */
function findWrongClocks(heard: readonly NodeStatus[]): readonly string[] {
  const leader = heard.find(({ leads }) => leads);
  if (leader?.clock_ahead_ms === undefined) return [];
  const { node: leads, clock_ahead_ms: base } = leader;
  return heard.flatMap(({ node, clock_ahead_ms: ms }) => {
    const aheadMs = ms === undefined ? 0 : ms - base;
    if (Math.abs(aheadMs) <= MOST_AHEAD_MS) return [];
    const seconds = Math.round(Math.abs(aheadMs) / 1_000).toLocaleString("en");
    const where = `${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} that of ${leads}, which leads`;
    const harm =
      aheadMs > 0
        ? "events that it takes are delivered that much later"
        : "the times of events that it takes are wrong";
    return [`The clock of node ${node} is ${where}: ${harm}. Set the clock that is wrong.`];
  });
}

/** Says how many nodes with event files are missing, and what helps. */
function findMissingCopies({ nodes, copies }: ClusterStatus): readonly string[] {
  const { wanted, heard, keepers } = copies;
  if (heard >= wanted) return [];
  const there = nodes.filter(isHeard);
  const coming = there.filter(({ files }) => files === "coming").map(({ node }) => node);
  const silent = keepers.filter((name) => !there.some(({ node }) => node === name));
  const what =
    heard === 0
      ? "No node with event files is heard: events are kept in the log only, and nothing is delivered."
      : `${heard} of ${wanted} nodes with event files ${heard === 1 ? "is" : "are"} heard.`;
  if (coming.length > 0) return [`${what} Being copied to: ${coming.join(", ")}.`];
  if (heard === 0 && silent.length > 0) return [`${what} Start ${silent.join(" or ")}.`];
  const [first] = silent;
  const cure =
    first === undefined
      ? "Start another node with room for them."
      : `Silent: ${silent.join(", ")}. Start it, or if it is gone for good: webhooker cluster forget ${first}`;
  return [`${what} ${cure}`];
}
