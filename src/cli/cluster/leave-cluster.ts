/** `webhooker cluster leave`: makes the data of a node that of a gateway which is alone. */
import { AppError } from "../../lib/errors.ts";
import { ImportFolder } from "../../storage/cluster/import-folder.ts";
import { isSeedUnfinished } from "../../storage/cluster/seed.ts";
import { requireData } from "../data-there.ts";
import { type Io, withMainDb } from "../io.ts";
import { withoutFiles } from "../spare.ts";
import { whileStopped } from "../transfer-run.ts";

type LeavingIo = Pick<Io, "out" | "err" | "loadConfig" | "clock">;

/** Throws AppError `conflict` while the gateway runs, without `isConfirmed`, and for data that is no node's. */
export async function leaveCluster(io: LeavingIo, { isConfirmed }: { isConfirmed: boolean }): Promise<void> {
  const config = io.loadConfig();
  requireData(config, "take out of a cluster");
  await whileStopped(config, "Stop it first.", () =>
    withMainDb(io, async ({ replication, webhooks }) => {
      const state = replication.state();
      if (state === null) throw alone(config.dataDir);
      if (isSeedUnfinished(config.dataDir)) throw incomplete(config.dataDir);
      if (!state.keeps) throw withoutFiles("take out of the cluster");
      const { syncedPosition } = state;
      const imports = new ImportFolder(config.dataDir);
      const lacking = (await imports.listLacking()).filter((id) => webhooks.find(id) !== null);
      if (!isConfirmed) throw unconfirmed(syncedPosition, lacking);
      await imports.end();
      replication.leave();
      io.out(`The data is that of a gateway alone, and goes up to position ${syncedPosition} of the log.`);
      io.err("Start the gateway without the CLUSTER_ variables, or found another cluster with it.");
    }),
  );
}

function alone(dataDir: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "no_cluster",
    message: `The data in ${dataDir} is not that of a node of a cluster.`,
    hint: "Set DBURL and DATA_DIR as for the node.",
  });
}

function incomplete(dataDir: string): AppError {
  return new AppError({
    kind: "conflict",
    code: "incomplete_copy",
    message: `The copies in ${dataDir} are incomplete: the node was taking them from the leader.`,
    hint: "Take another node's data.",
  });
}

function unconfirmed(position: number, lacking: readonly string[]): AppError {
  const imported =
    lacking.length === 0
      ? ""
      : ` The events of these imported webhooks have yet to be copied, and will be missing too: ${lacking.join(", ")}.`;
  return new AppError({
    kind: "conflict",
    message: `The data goes up to position ${position} of the cluster's log. Events and results after it are in the log and at other nodes only, and will be missing here. If the cluster goes on, both it and this gateway make the deliveries that are pending.${imported}`,
    hint: "If that is what you want, add --yes.",
  });
}
