/** Reads what the metrics tell of this node's part in the cluster. */
import type { Clock } from "../../lib/clock.ts";
import { boundMeasure } from "../../observability/bounded-measure.ts";
import type { ClusterSources } from "../../observability/cluster-metrics.ts";
import type { LogHead } from "../../storage/cluster/event-log.ts";
import { countCopies } from "../../storage/cluster/keepers.ts";
import type { ClusterMember } from "./member.ts";

/** How long a scrape waits for the log's servers, and how often it asks them at most. */
const ASK_MS = 250;
const EVERY_MS = 15_000;
const HEARD_MS = 5_000;

export function createClusterSources(deps: {
  member: Pick<ClusterMember, "counts" | "mayLead" | "epoch" | "applied" | "nodes" | "head" | "copies">;
  clock: Pick<Clock, "monotonic" | "after">;
}): ClusterSources {
  const { member, clock } = deps;
  let end = 0;

  async function measure(): Promise<LogHead> {
    const head = await member.head();
    end = head.last;
    return head;
  }

  return {
    counts: member.counts,
    leads: member.mayLead,
    epoch: member.epoch,
    applied: member.applied,
    lag() {
      const applied = member.applied();
      return Math.max(end, ...member.nodes().map(({ beat }) => beat.applied), applied) - applied;
    },
    nodesHeard: () => member.nodes().filter(({ at }) => clock.monotonic() - at <= HEARD_MS).length,
    copies: () => countCopies(member.nodes(), { copies: member.copies, now: clock.monotonic() }),
    log: boundMeasure({ measure, boundMs: ASK_MS, everyMs: EVERY_MS, clock }),
  };
}
