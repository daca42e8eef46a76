/** The whole program, top to bottom: builds the parts, mounts the routes, starts, and stops in reverse order. */
import { Elysia } from "elysia";
import { createApi } from "./api/create-api.ts";
import { createApiKeys } from "./auth/api-keys.ts";
import { createSessions } from "./auth/sessions.ts";
import { createSignInLimiter } from "./auth/sign-in-limiter.ts";
import { createUsers } from "./auth/users.ts";
import type { Config } from "./config.ts";
import { createDashboard } from "./dashboard/create-dashboard.ts";
import { createTestEventSender } from "./dashboard/webhooks/entrypoints/test-event.ts";
import { edge } from "./http/edge.ts";
import { createErrorAnswers, errorHandler, wantsPage } from "./http/errors.ts";
import { health } from "./http/health.ts";
import { listen, withRealPort } from "./http/listen.ts";
import { metricsRoute } from "./http/metrics-route.ts";
import { createRemoteAddressReader } from "./ingest/remote-address.ts";
import { systemClock } from "./lib/clock.ts";
import { shareDescriptors } from "./lib/descriptor-budget.ts";
import { every } from "./lib/every.ts";
import { loadKeyRing } from "./lib/key-files.ts";
import { version } from "./lib/version.ts";
import { createLogger } from "./observability/log.ts";
import { createDeliveryParts } from "./server/delivery.ts";
import { createIngestParts } from "./server/ingest.ts";
import { watchLostData } from "./server/lost-data.ts";
import { warnOfLocalUrls } from "./server/public-address.ts";
import { createCounters, createSelfReport } from "./server/self-report.ts";
import { startTraces } from "./server/traces.ts";
import { startEventFileUpkeep } from "./storage/event-files/event-file-upkeep.ts";
import { openEventStorage } from "./storage/event-storage.ts";
import { createDiskReserve } from "./storage/folder/disk-reserve.ts";
import { lockFolder } from "./storage/folder/folder-lock.ts";
import { refuseMissingData } from "./storage/folder/missing-data.ts";
import { measureStorageFiles } from "./storage/folder/storage-files.ts";
import { openMainDb } from "./storage/main-db/open.ts";
import { checkInBackground } from "./storage/reader/inspection.ts";
import { createStorageChecks } from "./storage/reader/storage-checks.ts";
import { LONGEST_WAL_PAGES } from "./storage/sqlite/sqlite.ts";
import { createWebhookFiles } from "./storage/transfer/webhook-files.ts";
import { createProviders } from "./verification/registry.ts";
import { createTransfer } from "./webhooks/transfer/transfer.ts";
import { createWebhookUseCases } from "./webhooks/use-cases.ts";
import { createVerificationTrials } from "./webhooks/verification-trial.ts";

/** Requests that were being received at a stop get this long. */
const REQUEST_GRACE_MS = 2_000;
/** Event files that nobody used for a while are looked for this often. */
const IDLE_CHECK_MS = 30_000;

export type RunningServer = Readonly<{
  url: string;
  /** Everything that it answers. */
  routes: readonly Readonly<{ method: string; path: string }>[];
  /** Ends when everything accepted is stored, and every file is closed. */
  stop: () => Promise<void>;
}>;

export async function startServer(options: {
  config: Config;
  /** For the terminal only, never the log: a generated password goes this way. */
  print: (line: string) => void;
}): Promise<RunningServer> {
  const { print } = options;
  const config = withRealPort(options.config);
  const clock = systemClock;
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const stopping = new AbortController();
  const { counted, metrics } = createCounters({ config, clock });
  const descriptors = shareDescriptors();
  const maxOpenFiles = descriptors.openFiles;
  const { tracing, stop: stopTraces } = await startTraces({ config, clock, log });

  // Storage
  refuseMissingData(config);
  const unlock = lockFolder(config.dataDir);
  const keys = loadKeyRing(config);
  const keepsWals = config.checkpoints === "replicator";
  const onError = (message: string, cause: unknown) => {
    metrics.failed();
    log.error(message, { cause });
  };
  // Not that of the event files, whose work may be long.
  const upkeep = startEventFileUpkeep({ keepsWals, threads: config.threads });
  const reserve = createDiskReserve({ folder: config.dataDir, log });
  const background = { upkeep, onError, makeRoom: reserve.noteFault };
  const mainDb = openMainDb({ path: config.dbPath, clock, keepsWals, background });
  const lost = watchLostData({ config, mainDb, keys, clock, log, metrics });
  const storage = openEventStorage({
    dataDir: config.dataDir,
    maxOpen: maxOpenFiles,
    threads: config.threads,
    clock,
    onRecorded: (webhookId, hasDue) => delivery.recorded(webhookId, hasDue),
    ...{ onError, metrics, reserve, isFolderInPlace: lost.isFolderInPlace, onMissing: lost.noteMissing },
    longestWalPages: keepsWals ? LONGEST_WAL_PAGES : null,
  });
  const { files, events, rejected } = storage;

  // Delivery
  const delivery = createDeliveryParts({
    ...{ config, storage, mainDb, keys, clock, log, metrics, tracing, descriptors },
  });
  const { targetTypes, throttle, replay, replayRuns } = delivery;

  // People and programs
  const users = createUsers({ mainDb, clock });
  const apiKeys = createApiKeys({ mainDb, clock });
  const providers = createProviders({ outbound: delivery.outbound, clock });
  const useCases = createWebhookUseCases({
    sendsMail: config.mail !== null,
    ...{ mainDb, targetTypes, providers, keys, clock },
    eventFiles: files,
  });
  const { baseUrl } = config;
  const trials = createVerificationTrials({ mainDb, providers, keys, events, rejected, baseUrl });
  const webhookFiles = createWebhookFiles(config.dataDir);
  const transfer = createTransfer({
    ...{ mainDb, files: webhookFiles, keys, clock, useCases, targetTypes, providers },
    removeFile: (webhookId) => files.delete(webhookId),
    onImported: (webhookId) => delivery.imported(webhookId),
  });
  await transfer.clear();

  const ingest = createIngestParts({
    ...{ config, storage, mainDb, providers, keys, clock, log, metrics, tracing },
    // The retention looks after what is kept of strangers too.
    onKept: (webhookId) => delivery.recorded(webhookId, false),
  });
  const { receiver, reverify } = ingest;
  const checks = createStorageChecks({ check: () => checkInBackground(config), clock, log });
  const remoteAddressOf = createRemoteAddressReader(config.trustedProxies);
  const dashboard = createDashboard({
    ...{ config, version, clock, log, users, apiKeys, useCases, transfer, targetTypes, providers, trials },
    ...{ events, throttle, rejected, reverify, replay, replayRuns },
    routing: mainDb.routing,
    stopping: stopping.signal,
    sessionKey: keys.sessionKey,
    sessions: createSessions({ mainDb, clock }),
    durably: mainDb.durably,
    signInLimiter: createSignInLimiter({ monotonic: clock.monotonic }),
    remoteAddressOf,
    sendTestNotice: delivery.sendTestNotice,
    sendTestEvent: createTestEventSender({ receiver, useCases, clock }),
    storage: {
      measure: () => measureStorageFiles(config),
      openFiles: () => files.openCount,
      maxOpenFiles,
      checks,
    },
  });

  // What it tells of itself
  const report = createSelfReport({
    ...{ config, clock, log, counted, delivery, maxOpenFiles, reserve, findLost: lost.findLost },
    openFiles: () => files.openCount,
    stopping: stopping.signal,
  });

  const errors = createErrorAnswers({
    log,
    rendererFor: (request) => (wantsPage(request) ? dashboard.errorPage : null),
  });
  const app = new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(
      edge({
        log,
        clock,
        errors,
        baseUrl: config.baseUrl,
        logIngestion: config.logLevel === "debug",
      }),
    )
    .use(errorHandler(errors))
    .use(health({ isReady: report.readiness }))
    .use(metricsRoute({ credentials: config.metrics, scrape: report.scrape }))
    .use(ingest.routes)
    .use(
      createApi({
        baseUrl: config.baseUrl,
        version,
        log,
        remoteAddressOf,
        durably: mainDb.durably,
        useCases,
        transfer,
        sendTestNotice: delivery.sendTestNotice,
        apiKeys,
        events,
        throttle,
        rejected,
        reverify,
        replay,
        replayRuns,
        targetTypes,
        providers,
        trials,
      }),
    )
    .use(dashboard.app);

  const stopIdleChecks = every(clock, IDLE_CHECK_MS, () => files.closeIdle());
  const resumed = files
    .deleteLeftovers(mainDb.webhooks.listDeletedIds())
    .then(delivery.start)
    .catch((error: unknown) => {
      log.error("searching for pending deliveries failed", { cause: error });
    });

  try {
    const first = await users.ensureFirstUser({ adminPassword: config.adminPassword });
    await mainDb.synced();
    if (first?.password) {
      print(
        `First start: user "${first.username}" with password "${first.password}"; it is not shown again.`,
      );
    }
    listen(app, config);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `http://${config.host}:${config.port}`;
  log.info("webhooker is ready", { version, url, data_dir: config.dataDir, environment: config.environment });
  warnOfLocalUrls({ config, log });

  async function stop(): Promise<void> {
    stopping.abort();
    log.info("webhooker is stopping");
    const closed = app.server?.stop(false);
    await Promise.race([closed, new Promise<void>((resolve) => clock.after(REQUEST_GRACE_MS, resolve))]);
    await app.server?.stop(true);
    stopIdleChecks();
    lost.stop();
    checks.stop();
    report.stop();
    await delivery.stop();
    await resumed;
    await stopTraces();
    await storage.close();
    delivery.close();
    await mainDb.drain();
    mainDb.close();
    upkeep.stop();
    unlock();
    log.info("webhooker has stopped");
    await log.flush();
  }

  return { url, routes: app.routes, stop };
}
