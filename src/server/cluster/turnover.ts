/** Makes a node the leader of its cluster, or one that follows another. */
import type { ClusterCounts } from "../../observability/cluster-metrics.ts";
import type { Logger } from "../../observability/log.ts";
import type { Owner } from "../../storage/cluster/event-log.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { StartOver } from "./seat.ts";

export type Turnover = Readonly<{
  /** True from the first leadership of this process on. */
  hasBegun: () => boolean;
  onLeading: (owner: Owner) => void;
  onFollowing: (owner: Owner) => void;
}>;

export function createTurnover(deps: {
  node: string;
  mainDb: Pick<MainDb, "replication" | "shipBy">;
  shipping: Parameters<MainDb["shipBy"]>[0];
  counts: Pick<ClusterCounts, "leaderChanges">;
  log: Logger;
  /** Begins a leader's work; called once changes of the main database go to the log. */
  lead: () => Promise<void>;
  /** Called when another node leads. */
  leaderChanged: () => void;
  startOver: (how: StartOver) => void;
}): Turnover {
  const { node, mainDb, shipping, counts, log, lead, leaderChanged, startOver } = deps;
  const { replication } = mainDb;
  let hasBegun = false;

  /** Rejects if the main database cannot be written. */
  async function begin(owner: Owner): Promise<void> {
    // Written here and not known to be in the log: the log's rows may have gone over them meanwhile.
    const left = replication.outbox(Number.POSITIVE_INFINITY);
    if (left !== null) replication.apply(left.changes, owner.position);
    replication.lead();
    mainDb.shipBy(shipping);
    await lead();
  }

  return {
    hasBegun: () => hasBegun,
    onLeading(owner) {
      counts.leaderChanges++;
      log.info("this node leads the cluster", { node, epoch: owner.epoch });
      hasBegun = true;
      begin(owner).catch((error: unknown) => {
        log.error("this node cannot lead", { cause: error });
        startOver("follow");
      });
    },
    onFollowing({ node: leader, epoch }) {
      counts.leaderChanges++;
      log.info("another node leads the cluster", { leader, epoch });
      leaderChanged();
      if (replication.state()?.hasUnshipped) startOver("main_database");
      else if (hasBegun) startOver("follow");
      try {
        // Changes are refused from now on, and those of the new leader come.
        if (hasBegun) replication.follow();
      } catch (error) {
        // On a full disk: reading the log must go on all the same, until this node is opened anew.
        log.warn("the main database still takes changes of its own", { cause: error });
      }
    },
  };
}
