/** The one composition of the gateway: builds every part, mounts the routes, and starts and stops it all. */
import type { Config } from "../config.ts";
import { createTestEventSender } from "../dashboard/webhooks/entrypoints/test-event.ts";
import { createOwnEventSender } from "../ingest/own-events.ts";
import type { Clock } from "../lib/clock.ts";
import { shareDescriptors } from "../lib/descriptor-budget.ts";
import { loadKeyRing } from "../lib/key-files.ts";
import { version } from "../lib/version.ts";
import type { Logger } from "../observability/log.ts";
import { readLastBackup } from "../storage/backup/last-backup.ts";
import { lockFolder } from "../storage/folder/folder-lock.ts";
import { refuseMissingData } from "../storage/folder/missing-data.ts";
import { measureStorageFiles } from "../storage/folder/storage-files.ts";
import { checkInBackground } from "../storage/reader/inspection.ts";
import { createStorageChecks } from "../storage/reader/storage-checks.ts";
import { createLearnedSecrets } from "../webhooks/learned-secrets.ts";
import { createClusterMember } from "./cluster/member.ts";
import { createClusterSources } from "./cluster/metrics-sources.ts";
import { createNodeHttp } from "./cluster/node-http.ts";
import type { Seat } from "./cluster/seat.ts";
import { createDeliveryParts } from "./delivery.ts";
import { createIngestParts } from "./ingest.ts";
import { createLifeCycle } from "./life-cycle.ts";
import { mountRoutes } from "./mount.ts";
import type { Overrides } from "./overrides.ts";
import { createPeopleParts } from "./people.ts";
import { createCounters, createSelfReport } from "./self-report.ts";
import { openStorageParts } from "./storage.ts";
import { startTraces } from "./traces.ts";
import { createWebhookParts } from "./webhooks.ts";

type Options = Readonly<{
  config: Config;
  clock: Clock;
  log: Logger;
  /** This node's place in a cluster; null for a gateway that is alone. */
  seat?: Seat | null;
  overrides?: Overrides;
}>;

export type App = Awaited<ReturnType<typeof compose>>;

/**
 * Locks the data folder and opens its files, but delivers, deletes and watches nothing before `start`. Rejects with
 * AppError: `conflict` while another process uses the folder, `unavailable` for data that is missing or unusable.
 */
export async function createApp(options: Options): Promise<App> {
  refuseMissingData(options.config);
  const unlock = lockFolder(options.config.dataDir);
  try {
    return await compose(options, unlock);
  } catch (error) {
    // A node of a cluster tries again in the same process.
    unlock();
    throw error;
  }
}

async function compose({ config, clock, log, seat = null, overrides = {} }: Options, unlock: () => void) {
  const stopping = new AbortController();
  const { counted, metrics } = createCounters({ config, clock });
  const descriptors = overrides.descriptors ?? shareDescriptors();
  const maxOpenFiles = descriptors.openFiles;
  const { tracing, stop: stopTraces } = await startTraces({ config, clock, log });

  const keys = loadKeyRing(config);
  const member = seat && createClusterMember({ seat, clock, log, stopping: stopping.signal });
  const stored = openStorageParts({
    config,
    keys,
    clock,
    log,
    metrics,
    maxOpenFiles,
    onRecorded: (webhookId, hasDue) => delivery.recorded(webhookId, hasDue),
    mainDbUpkeep: overrides.mainDbUpkeep,
    replicate: member?.replicate,
    keepsFiles: member?.keepsFiles ?? true,
  });
  const { mainDb, storage, reserve, lost } = stored;
  const { files, events, rejected } = storage;

  const delivery = createDeliveryParts({
    config,
    storage,
    mainDb,
    keys,
    clock,
    log,
    metrics,
    tracing,
    descriptors,
    mayAttempt: member?.mayLead,
    isLeading: member?.isLeading,
    outbound: overrides.outbound,
    alterTypes: overrides.targetTypes,
    rest: overrides.rest,
    stopping: stopping.signal,
  });
  const { outbound, targetTypes, throttle, replay, replayRuns, refusals } = delivery;
  const { sendTestNotice, sandbox, transform } = delivery;

  const basics = { config, mainDb, keys, clock, log };
  const people = createPeopleParts({
    ...basics,
    stopping: stopping.signal,
    passwords: overrides.passwords,
  });
  const ofWebhooks = createWebhookParts({
    config,
    mainDb,
    eventFiles: files,
    events,
    rejected,
    targetTypes,
    pulls: delivery.pulls,
    outbound,
    checkCode: sandbox.check,
    transform,
    keys,
    clock,
    stopping: stopping.signal,
    spreadImport: async (webhookId) => nodeHttp?.imports.spread(webhookId),
    onImported: (webhookId) => delivery.imported(webhookId),
  });
  const { providers, useCases, transfer } = ofWebhooks;
  await transfer.removeLeftovers();
  const keepLearned = createLearnedSecrets({ mainDb, providers, keys, clock, log });
  const { remoteAddressOf: clientOf } = people;
  const nodeHttp =
    member && (await createNodeHttp({ ...basics, member, files, keepLearned, refusals, clientOf }));
  const ingest = createIngestParts({
    events,
    rejected,
    routing: mainDb.routing,
    providers,
    keys,
    keepLearned: nodeHttp?.keepLearned ?? keepLearned,
    catchUp: member?.catchUp,
    config,
    refusals,
    clock,
    log,
    metrics,
    tracing,
    // Retention deletes rejected requests too.
    onKept: (webhookId) => delivery.recorded(webhookId, false),
  });
  const sendOwnEvent = createOwnEventSender({ ...ingest, events, useCases, clock, baseUrl: config.baseUrl });
  const sendTestEvent = createTestEventSender({ sendOwnEvent, useCases, clock });

  const checks = createStorageChecks({ check: () => checkInBackground(config), clock, log });
  const report = createSelfReport({
    config,
    clock,
    log,
    counted,
    delivery,
    openFiles: () => files.openCount,
    maxOpenFiles,
    reserve,
    findLost: lost.findLost,
    clusterFault: () => member?.fault() ?? null,
    clusterWarning: () => member?.warning() ?? null,
    cluster: member && createClusterSources({ member, clock }),
    stopping: stopping.signal,
  });

  const app = mountRoutes({
    ingest,
    report,
    overrides,
    nodeHttp: nodeHttp ?? undefined,
    parts: {
      ...ofWebhooks,
      config,
      version,
      clock,
      log,
      sessionKey: keys.sessionKey,
      ...people,
      durably: mainDb.durably,
      targetTypes,
      events,
      throttle,
      rejected,
      refusals,
      reverify: ingest.reverify,
      publish: ingest.publish,
      replay,
      replayRuns,
      routing: mainDb.routing,
      sendOwnEvent,
      sendTestEvent,
      sendTestNotice,
      stopping: stopping.signal,
      storage: {
        measure: () => measureStorageFiles(config),
        openFiles: () => files.openCount,
        maxOpenFiles,
        checks,
        lastBackup: () => readLastBackup(config.dataDir),
      },
      figures: report.figures,
      clusterStatus: nodeHttp?.readStatus ?? null,
      sendTestMail: delivery.sendTestMail,
    },
  });

  const life = createLifeCycle({
    app,
    clock,
    log,
    stopping,
    stored,
    delivery,
    people,
    checks,
    report,
    dataDir: config.dataDir,
    measure: async () => (await measureStorageFiles(config)).eventFiles.bytes,
    node: member && nodeHttp && { member, imported: nodeHttp.imports.imported, digests: nodeHttp.digests },
    endUnfinishedImports: transfer.endUnfinished,
    leaderChanged: () => nodeHttp?.leaderChanged(),
    async closeOthers() {
      nodeHttp?.stop();
      await stopTraces();
    },
    unlock,
  });

  return {
    app,
    parts: {
      ...ofWebhooks,
      keys,
      mainDb,
      storage,
      delivery,
      ...people,
      ingest,
      sendTestEvent,
      checks,
      stopping,
    },
    ...life,
    /** Null for a gateway that is alone. */
    member,
  };
}
