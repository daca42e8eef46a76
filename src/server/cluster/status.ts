/** Tells what this node knows of the cluster: from the nodes' beats, and from the servers of the log. */
import type { ClusterStatus, NodeStatus } from "../../http/cluster/cluster-status.ts";
import type { Clock } from "../../lib/clock.ts";
import type { LogHead } from "../../storage/cluster/event-log.ts";
import { countCopies } from "../../storage/cluster/keepers.ts";
import type { HeardNode } from "../../storage/cluster/leadership.ts";
import type { ClusterMember } from "./member.ts";

/** Servers that are cut off from each other do not answer for long. */
const ASK_MS = 2_000;

export function createStatusReader(deps: {
  member: Pick<ClusterMember, "node" | "nodes" | "epoch" | "head" | "copies">;
  listKeepers: () => readonly string[];
  clock: Pick<Clock, "monotonic" | "after">;
}): () => Promise<ClusterStatus> {
  const { member, listKeepers, clock } = deps;

  function askHead(): Promise<LogHead | null> {
    return new Promise((resolve) => {
      const cancel = clock.after(ASK_MS, () => resolve(null));
      member
        .head()
        .then(resolve, () => resolve(null))
        .finally(cancel);
    });
  }

  return async () => {
    const head = await askHead();
    const heard = member.nodes();
    const end = Math.max(head?.last ?? 0, ...heard.map(({ beat }) => beat.applied));
    const epoch = member.epoch();
    const now = clock.monotonic();
    const nodes = heard
      .map((node) => describe(node, { now, end, epoch }))
      .toSorted((a, b) => (a.node < b.node ? -1 : 1));
    const leader = nodes.find(({ leads }) => leads);
    return {
      node: member.node,
      leader: leader !== undefined && epoch !== null ? { node: leader.node, epoch } : null,
      nodes,
      copies: { ...countCopies(heard, { copies: member.copies, now }), keepers: [...listKeepers()] },
      log: head && { first: head.first, last: head.last, bytes: head.bytes, max_bytes: head.maxBytes },
    };
  };
}

/** A leader that is silent counts as none once others would claim. */
const LEADS_MS = 3_000;

function describe(
  { node, at, beat, aheadMs }: HeardNode,
  { now, end, epoch }: Readonly<{ now: number; end: number; epoch: number | null }>,
): NodeStatus {
  const { url, version, applied, synced, isDraining, needsUpgrade } = beat;
  const heardMsAgo = Math.round(now - at);
  return {
    node,
    url,
    version,
    heard_ms_ago: heardMsAgo,
    leads: beat.leads !== null && beat.leads === epoch && heardMsAgo < LEADS_MS,
    draining: isDraining,
    needs_upgrade: needsUpgrade,
    files: beat.files,
    applied,
    synced,
    lag: end - applied,
    ...(aheadMs !== undefined && { clock_ahead_ms: aheadMs }),
  };
}
