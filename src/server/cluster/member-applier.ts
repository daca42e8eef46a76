/** Applies the log at a node: to its event files, its main database, and what it knows of the leader. */
import type { Clock } from "../../lib/clock.ts";
import type { ClusterCounts } from "../../observability/cluster-metrics.ts";
import type { Logger } from "../../observability/log.ts";
import { type Applier, startApplier } from "../../storage/cluster/applier.ts";
import type { CopyDigests } from "../../storage/cluster/copy-digests.ts";
import type { Owner } from "../../storage/cluster/event-log.ts";
import type { ImportedFiles } from "../../storage/cluster/imported-files.ts";
import type { Outbox } from "../../storage/cluster/outbox.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import type { LocalWriter } from "../../storage/writer/event-writer.ts";
import { createConfigCopy } from "./config-copy.ts";
import type { Seat, StartOver } from "./seat.ts";
import { reportTrouble } from "./trouble.ts";

export function startMemberApplier(deps: {
  seat: Seat;
  outbox: Outbox;
  writer: LocalWriter;
  mainDb: MainDb;
  files: WebhookDBManager;
  imported: ImportedFiles;
  digests: Pick<CopyDigests, "begin">;
  counts: ClusterCounts;
  /** Called after rows were applied. */
  onRows: () => void;
  ownEpoch: () => number | null;
  onLeader: (owner: Owner) => void;
  startOver: (how: StartOver) => void;
  clock: Clock;
  log: Logger;
}): Applier {
  const { seat, imported, counts, onLeader, startOver, log } = deps;
  return startApplier({
    ...deps,
    log: seat.log,
    born: seat.born,
    after: seat.after,
    leader: seat.leader,
    config: createConfigCopy({ ...deps, keepsFiles: seat.keeps }),
    onLeader(owner) {
      onLeader(owner);
      imported.claimed(owner);
    },
    onTrouble(trouble) {
      counts.troubled(trouble.kind);
      const how = reportTrouble(trouble, log);
      if (how !== null) startOver(how);
    },
  });
}
