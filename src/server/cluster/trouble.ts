/** Says what goes wrong with the cluster's log, and what the node does about it. */
import type { Logger } from "../../observability/log.ts";
import type { ApplierTrouble } from "../../storage/cluster/applier-trouble.ts";
import type { StartOver } from "./seat.ts";

/** Returns how the node is to start over; null if it goes on, or waits for the operator. */
export function reportTrouble(trouble: ApplierTrouble, log: Logger): StartOver | null {
  const { kind, ...of } = trouble;
  switch (kind) {
    case "interrupted":
      log.info("reading the cluster's log goes on from another server", of);
      return null;
    case "stalled":
      log.warn("a server of the cluster's log stays behind the others", of);
      return null;
    case "damaged_copy":
      log.error("a server's copy of the cluster's log is damaged", {
        ...of,
        hint: "stop that NATS server, delete its storage folder, and start it again: it takes the others' copy",
      });
      return null;
    case "damaged":
      log.error("no server has this entry of the cluster's log whole: nothing after it is applied", of);
      return null;
    case "trimmed":
      log.warn(
        "the cluster's log no longer has what this node lacks: all files are taken from the leader",
        of,
      );
      return "everything";
    case "rewound":
      log.error("the cluster's log ends before what this node has applied: it has lost entries", {
        ...of,
        hint: "this node applies nothing more; compare the nodes' files before anything else",
      });
      return null;
    case "newer":
      log.error("the cluster's log has entries of a later version: this node applies nothing more", {
        ...of,
        hint: "upgrade this node: it goes on from here with the version of the others",
      });
      return null;
    case "diverged":
      log.warn("a change of the configuration came after another node had taken over, and is dropped", of);
      return "main_database";
    case "blocked":
      log.error("changes of the configuration cannot be applied; trying again", { cause: trouble.error });
      return null;
    case "failed":
      log.error("applying the cluster's log has failed", {
        position: trouble.position,
        cause: trouble.error,
      });
      return null;
  }
}
