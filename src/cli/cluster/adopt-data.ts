/** `webhooker cluster adopt`: founds a cluster with the data of a gateway that was alone. */
import { loadKeyRing } from "../../lib/key-files.ts";
import { createLogger } from "../../observability/log.ts";
import { requireSecretKey } from "../../webhooks/secret-key-check.ts";
import { requireData } from "../data-there.ts";
import { type Io, withMainDb } from "../io.ts";
import { stayAlive } from "../stay-alive.ts";
import { whileStopped } from "../transfer-run.ts";
import { requireCluster } from "./ask-node.ts";

type AdoptingIo = Pick<Io, "out" | "err" | "loadConfig" | "clock">;

/**
 * Throws AppError: `not_found` without data, as an empty gateway is only started; `conflict` while the gateway runs, for data
 * of another cluster, for a cluster that another node founded, and for another secret key.
 */
export async function adoptData(io: AdoptingIo): Promise<void> {
  const { clock } = io;
  const config = io.loadConfig();
  const cluster = requireCluster(config);
  requireData(config, "adopt");
  const log = createLogger({ level: "error", format: "text", write: io.err });
  const isNew = await whileStopped(config, "Stop it first.", async () => {
    await withMainDb(io, (mainDb) => requireSecretKey({ mainDb, keys: loadKeyRing(config) }));
    // Loaded here, as other commands need nothing of the gateway.
    const { adoptFolder } = await import("../../server/cluster/take-seat.ts");
    return stayAlive(() => adoptFolder({ config, cluster, clock, log }));
  });
  io.out(
    isNew
      ? `The data in ${config.dataDir} is what the cluster begins with, as that of node ${cluster.node}.`
      : `The data in ${config.dataDir} belongs to this cluster already.`,
  );
  io.err("Start the gateway here. Once it is ready, start the other nodes with empty data folders.");
}
