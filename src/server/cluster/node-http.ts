/** Builds what a node of a cluster answers for the others, and what it hands on to the leader. */
import { Elysia } from "elysia";
import type { Config } from "../../config.ts";
import { compareRoutes } from "../../http/cluster/compare-routes.ts";
import { createDigestClient, digestRoutes } from "../../http/cluster/digest-routes.ts";
import { createForwarder } from "../../http/cluster/forward.ts";
import { createClusterGate } from "../../http/cluster/gate.ts";
import { importRoutes } from "../../http/cluster/import-routes.ts";
import { createLeaderOrders } from "../../http/cluster/leader-orders.ts";
import { createLearnedSender, learnedRoutes } from "../../http/cluster/learned.ts";
import { createNodeSignatures } from "../../http/cluster/node-signature.ts";
import { forgetPath, operatorRoutes } from "../../http/cluster/operator-routes.ts";
import { createRefusalSender, refusalRoutes } from "../../http/cluster/refusal-reports.ts";
import { seedRoutes } from "../../http/cluster/seed-routes.ts";
import type { RefusalTally } from "../../ingest/refusal-tally.ts";
import type { Clock } from "../../lib/clock.ts";
import type { KeyRing } from "../../lib/crypto.ts";
import { AppError } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import { createSnapshots } from "../../storage/backup/snapshots.ts";
import { createCopyDigests } from "../../storage/cluster/copy-digests.ts";
import type { WebhookDBManager } from "../../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../../storage/main-db/open.ts";
import { digestEventFile, digestMainDatabase } from "../../storage/reader/inspection.ts";
import { isLost } from "../../storage/sqlite/file-size.ts";
import type { KeepLearned, LearnedSecret } from "../../webhooks/learned-secrets.ts";
import { createComparer } from "./comparer.ts";
import { createHeardNodes } from "./heard-nodes.ts";
import { createClusterImports } from "./imports.ts";
import type { ClusterMember } from "./member.ts";
import { startRefusalReports } from "./refusal-reports.ts";
import { createStatusReader } from "./status.ts";

export type NodeHttp = Awaited<ReturnType<typeof createNodeHttp>>;

export async function createNodeHttp(deps: {
  member: ClusterMember;
  config: Pick<Config, "dbPath" | "dataDir">;
  mainDb: Pick<MainDb, "replication" | "keepers" | "synced" | "webhooks">;
  files: Pick<WebhookDBManager, "delete" | "pathOf">;
  keys: Pick<KeyRing, "nodeKey">;
  clock: Clock;
  log: Logger;
  /** Stores a secret here; it is called at the leader only. */
  keepLearned: KeepLearned;
  refusals: Pick<RefusalTally, "takeReports" | "addReports">;
  clientOf: Parameters<typeof createClusterGate>[0]["clientOf"];
}) {
  const { member, config, mainDb, files, keys, clock, log, keepLearned, refusals, clientOf } = deps;
  const signatures = createNodeSignatures({ key: keys.nodeKey, node: member.node, clock });
  const forwarder = createForwarder({ leader: member.leader, self: member.node, signatures, clock, log });
  const snapshots = createSnapshots(config);
  await snapshots.removeLeftovers();
  const sendLearned = createLearnedSender({ leader: member.leader, signatures });
  const readStatus = createStatusReader({ member, listKeepers: mainDb.keepers.list, clock });
  const { isLeading, forget } = member;
  const send = createRefusalSender({ leader: member.leader, signatures });
  const stopReports = startRefusalReports({ refusals, isLeading, send, clock });
  const order = createLeaderOrders({ leader: member.leader, signatures });
  const { dataDir } = config;
  const others = createHeardNodes({ member, clock });
  const imports = createClusterImports({ member, others, dataDir, mainDb, files, signatures, clock, log });
  const digests = createCopyDigests({ pathOf: (id) => files.pathOf(id), digest: digestEventFile, clock });
  const digestMain = () => digestMainDatabase(config.dbPath);
  const client = createDigestClient({ signatures });
  const { webhooks } = mainDb;
  const listKeepers = mainDb.keepers.list;
  const compared = { member, others, digests, digestMain, listKeepers, webhooks };
  const comparer = createComparer({ ...compared, client, clock });
  return {
    gate: createClusterGate({ signatures, isLeader: member.isLeading, forwarder, clientOf }),
    readStatus,
    imports,
    digests,
    /** Stores a secret here if this node leads, else at the leader. */
    keepLearned: (learned: LearnedSecret) => (member.isLeading() ? keepLearned : sendLearned)(learned),
    routes: new Elysia({ name: "cluster" })
      .use(
        operatorRoutes({
          readStatus,
          drain: member.drain,
          forget: (node) => (isLeading() ? forget(node) : order(forgetPath(node))),
        }),
      )
      .use(learnedRoutes({ isLeader: isLeading, keep: keepLearned }))
      .use(refusalRoutes({ isLeader: isLeading, add: refusals.addReports }))
      .use(importRoutes(imports))
      .use(digestRoutes({ find: digests.find, ofMainDatabase: digestMain }))
      .use(
        compareRoutes({
          isLeader: isLeading,
          order: (path, signal) =>
            others.whileHeard(member.leader(), (silent) => order(path, AbortSignal.any([signal, silent]))),
          ...comparer,
        }),
      )
      .use(
        seedRoutes({
          isLeader: member.isLeading,
          hasWebhook: mainDb.replication.hasWebhook,
          admit: member.admit,
          hasFile: (id) => !isLost(files.pathOf(id)),
          async agreed(position) {
            if (!(member.applied() >= position)) throw behind();
            await mainDb.synced();
          },
          copies: {
            ...snapshots,
            async ofMainDatabase() {
              // Rows that are not in the log yet would have to be copied again.
              await mainDb.synced();
              return snapshots.ofMainDatabase();
            },
          },
        }),
      ),
    leaderChanged: forwarder.leaderChanged,
    stop() {
      stopReports();
      forwarder.stop();
    },
  };
}

function behind(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "behind",
    message: "This node has not read the log so far.",
  });
}
