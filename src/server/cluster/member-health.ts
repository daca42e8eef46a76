/** Tells whether a node can do its part in the cluster, and what is wrong elsewhere. */
import { type Clock, wait } from "../../lib/clock.ts";
import type { Applier } from "../../storage/cluster/applier.ts";
import { createCatchUp } from "../../storage/cluster/catch-up.ts";
import type { EventLog } from "../../storage/cluster/event-log.ts";
import { countCopies } from "../../storage/cluster/keepers.ts";
import type { HeardNode } from "../../storage/cluster/leadership.ts";
import type { Outbox } from "../../storage/cluster/outbox.ts";

/** Beats of this node itself that do not come back mean that the log is out of reach. */
const UNHEARD_MS = 3_000;
/** Enough for a claim where there is no leader. */
const SETTLE_MS = 5_000;
const LOOK_MS = 50;

export function createMemberHealth(deps: {
  node: string;
  copies: number;
  eventLog: Pick<EventLog, "head">;
  outbox: Pick<Outbox, "putMark">;
  nodes: () => readonly HeardNode[];
  applied: () => number;
  applier: () => Pick<Applier, "needsUpgrade" | "isBlocked" | "reached" | "rowsReached"> | null;
  mayLead: () => boolean;
  /** True if it is known who leads, and where that node is. */
  knowsLeader: () => boolean;
  clock: Clock;
}) {
  const { node, copies, eventLog, outbox, nodes, applied, applier, mayLead, knowsLeader, clock } = deps;
  return {
    /** Resolves once this node has what the others have and knows who leads, or after some seconds without. */
    async settled(): Promise<void> {
      const until = clock.monotonic() + SETTLE_MS;
      const end = (await eventLog.head(0)).last;
      while (!(applied() >= end && knowsLeader()) && clock.monotonic() < until) await wait(clock, LOOK_MS);
    },
    /** Resolves once this node has applied what the log has now. Rejects if the log is out of reach. */
    caughtUp: async () => applier()?.reached((await eventLog.head(0)).last),
    /** For requests that are refused by rows which may have changed. */
    catchUp: createCatchUp({
      append: outbox.putMark,
      mayLead,
      rowsReached: async (position) => {
        const joined = applier();
        if (joined === null) throw new Error("this node has not joined the cluster yet");
        await joined.rowsReached(position);
      },
      clock,
    }),
    /** Null while the node can do its part; else why not. */
    fault(): string | null {
      if (applier()?.needsUpgrade())
        return "the cluster's log has entries of a later version: upgrade this node";
      if (applier()?.isBlocked()) return "the cluster's log cannot be applied";
      const own = nodes().find((each) => each.node === node);
      return own !== undefined && clock.monotonic() - own.at < UNHEARD_MS
        ? null
        : "the cluster's log is out of reach";
    },
    /** Names a fault that keeps nobody from taking events; null if there is none. */
    warning(): string | null {
      const { heard } = countCopies(nodes(), { copies, now: clock.monotonic() });
      return heard > 0 ? null : "no node with event files is heard: events are kept in the log only";
    },
  };
}
