/** Builds the outbox of a node: its records carry the epoch of its leadership, and only formats that all nodes read. */
import type { Clock } from "../../lib/clock.ts";
import type { ClusterCounts } from "../../observability/cluster-metrics.ts";
import type { EventLog } from "../../storage/cluster/event-log.ts";
import { readableByAll } from "../../storage/cluster/formats.ts";
import type { Leadership } from "../../storage/cluster/leadership.ts";
import { createOutbox, type Outbox } from "../../storage/cluster/outbox.ts";

export function createMemberOutbox(deps: {
  node: string;
  eventLog: Pick<EventLog, "append">;
  /** Null before the node has joined. */
  leadership: () => Pick<Leadership, "ownEpoch" | "proved" | "nodes" | "since"> | null;
  counts: Pick<ClusterCounts, "append">;
  clock: Clock;
}): Outbox {
  const { node, eventLog, leadership, counts, clock } = deps;

  async function timedAppend(...record: Parameters<EventLog["append"]>): Promise<number> {
    const sentAt = clock.monotonic();
    const position = await eventLog.append(...record);
    counts.append.observe(clock.monotonic() - sentAt);
    return position;
  }

  return createOutbox({
    log: { append: timedAppend },
    node,
    // Also that of a leadership that is past: what was meant for it must not count as any node's.
    epoch: () => leadership()?.ownEpoch() ?? undefined,
    onProof: (sentAt) => leadership()?.proved(sentAt),
    clock,
    readable() {
      const { nodes, since } = leadership() ?? { nodes: () => [], since: Number.POSITIVE_INFINITY };
      return readableByAll(nodes(), { now: clock.monotonic(), since });
    },
  });
}
