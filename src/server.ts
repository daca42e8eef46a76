/** The whole program, top to bottom: builds the parts, mounts the routes, starts, and stops in reverse order. */
import { Elysia } from "elysia";
import { createApi } from "./api/create-api.ts";
import { createApiKeys } from "./auth/api-keys.ts";
import { createSessions } from "./auth/sessions.ts";
import { createSignInLimiter } from "./auth/sign-in-limiter.ts";
import { createUsers } from "./auth/users.ts";
import type { Config } from "./config.ts";
import { createDashboard } from "./dashboard/create-dashboard.ts";
import { createTestEventSender } from "./dashboard/sources/test-event.ts";
import { createTargetOpener } from "./delivery/deliver-once.ts";
import { createDeliveryEngine } from "./delivery/engine.ts";
import { createReplay } from "./delivery/replay.ts";
import { createRetention } from "./delivery/retention.ts";
import { edge } from "./http/edge.ts";
import { createErrorAnswers, errorHandler, wantsPage } from "./http/errors.ts";
import { health, type Readiness } from "./http/health.ts";
import { listen } from "./http/listen.ts";
import { metricsRoute } from "./http/metrics-route.ts";
import { createReceiver } from "./ingest/receive.ts";
import { createRemoteAddressReader } from "./ingest/remote-address.ts";
import { createIngestRoutes } from "./ingest/routes.ts";
import { boundMeasure } from "./lib/bounded-measure.ts";
import { systemClock } from "./lib/clock.ts";
import { createKeyRing, loadSecretKey } from "./lib/crypto.ts";
import { watchEventLoopLag } from "./lib/event-loop-lag.ts";
import { every } from "./lib/every.ts";
import { createLogger } from "./lib/log.ts";
import { createMetrics, noMetrics } from "./lib/metrics.ts";
import { createScrape } from "./lib/metrics-registry.ts";
import { createOutboundClient } from "./lib/outbound-http.ts";
import { version } from "./lib/version.ts";
import { openFileLimit } from "./storage/descriptor-limit.ts";
import { watchDiskSpace } from "./storage/disk-space.ts";
import { openEventStorage } from "./storage/event-storage.ts";
import { lockFolder } from "./storage/folder-lock.ts";
import { checkInBackground } from "./storage/inspection.ts";
import { openMainDb } from "./storage/main-db/open.ts";
import { createRetentionStore } from "./storage/retention-store.ts";
import { createStorageChecks } from "./storage/storage-checks.ts";
import { measureStorageFiles } from "./storage/storage-files.ts";
import { createTargetTypes } from "./targets/registry.ts";
import { createWebhookUseCases } from "./webhooks/use-cases.ts";

/** Deliveries under way at a stop get this long to end; the container default before SIGKILL is 10 s. */
const DELIVERY_GRACE_MS = 6_000;
/** Requests that were being received at a stop get this long. */
const REQUEST_GRACE_MS = 2_000;
/** A scrape waits for the sizes of thousands of files no longer than this. */
const MEASURE_MS = 250;
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
  const { config, print } = options;
  const clock = systemClock;
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  let isStopping = false;
  const stopping = new AbortController();
  const counted = createMetrics({ clock });
  const metrics = config.metrics ? counted : noMetrics;

  // Storage
  const unlock = lockFolder(config.dataDir);
  const keys = createKeyRing(loadSecretKey({ fromConfig: config.secretKey, dbPath: config.dbPath }));
  const mainDb = openMainDb({ path: config.dbPath, clock });
  const maxOpenFiles = openFileLimit();
  const storage = openEventStorage({
    dataDir: config.dataDir,
    maxOpen: maxOpenFiles,
    clock,
    onRecorded(webhookId) {
      engine.nudge(webhookId);
      retention.noteRecorded(webhookId);
    },
    onError(message, cause) {
      metrics.failed();
      log.error(message, { cause });
    },
    metrics,
  });
  const { files, writer, events } = storage;

  // Delivery
  const outbound = createOutboundClient({ allowedCidrs: config.allowedTargetCidrs });
  const targetTypes = createTargetTypes({ outbound, log });
  const engine = createDeliveryEngine({
    events,
    routing: mainDb.routing,
    openTarget: createTargetOpener({ targetTypes, keys, log }),
    clock,
    log,
    metrics,
  });
  const replay = createReplay({ events, routing: mainDb.routing, clock });
  const retention = createRetention({
    ...{ clock, log, webhooks: mainDb.webhooks, routing: mainDb.routing },
    defaultDays: config.retentionDays,
    store: createRetentionStore({ files, writer }),
  });

  // People and programs
  const users = createUsers({ mainDb, clock });
  const apiKeys = createApiKeys({ mainDb, clock });
  const useCases = createWebhookUseCases({ mainDb, eventFiles: files, targetTypes, keys, clock });

  const receiver = createReceiver({ routing: mainDb.routing, events, clock });
  const checks = createStorageChecks({ check: () => checkInBackground(config), clock, log });
  const dashboard = createDashboard({
    ...{ config, version, clock, log, users, apiKeys, useCases, targetTypes, events, replay },
    routing: mainDb.routing,
    stopping: stopping.signal,
    sessionKey: keys.sessionKey,
    sessions: createSessions({ mainDb, clock }),
    signInLimiter: createSignInLimiter({ monotonic: clock.monotonic }),
    remoteAddressOf: createRemoteAddressReader(config.trustedProxies),
    sendTestEvent: createTestEventSender({ receiver, useCases, clock }),
    storage: {
      measure: () => measureStorageFiles(config),
      openFiles: () => files.openCount,
      maxOpenFiles,
      checks,
    },
  });

  // What it tells of itself
  const disk = watchDiskSpace({ folder: config.dataDir, clock, log });
  const readiness = (): Readiness => {
    if (isStopping) return { ready: false, reason: "stopping" };
    return disk.isLow() ? { ready: false, reason: "low disk space" } : { ready: true };
  };
  const stopLagWatch = config.metrics
    ? watchEventLoopLag({ clock, lag: counted.counts.eventLoopLag })
    : () => undefined;
  const scrape = createScrape({
    ...{ counts: counted.counts, now: clock.now, version, maxOpenFiles },
    targetTypes: targetTypes.list(),
    isReady: () => readiness().ready,
    triesInFlight: engine.inFlight,
    openFiles: () => files.openCount,
    disk: disk.find,
    files: boundMeasure({ measure: () => measureStorageFiles(config), boundMs: MEASURE_MS, clock }),
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
        https: config.baseUrl.startsWith("https:"),
        logIngestion: config.logLevel === "debug",
      }),
    )
    .use(errorHandler(errors))
    .use(health({ isReady: readiness }))
    .use(metricsRoute({ credentials: config.metrics, scrape }))
    .use(
      createIngestRoutes({
        receiver,
        maxBodyBytes: config.maxBodyBytes,
        trustedProxies: config.trustedProxies,
        onTooLarge: () => log.warn("a request was refused: its body is over MAX_BODY_BYTES"),
        metrics,
      }),
    )
    .use(createApi({ baseUrl: config.baseUrl, version, useCases, apiKeys, events, replay, targetTypes }))
    .use(dashboard.app);

  const stopIdleChecks = every(clock, IDLE_CHECK_MS, () => files.closeIdle());
  const resumed = files
    .deleteLeftovers(mainDb.webhooks.listDeletedIds())
    .then(() => engine.start(mainDb.webhooks.listAll().map((webhook) => webhook.id)))
    .then(retention.start)
    .catch((error: unknown) => {
      log.error("looking for pending deliveries failed", { cause: error });
    });

  try {
    const first = await users.ensureFirstUser({ adminPassword: config.adminPassword });
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
  const url = `http://${config.host}:${app.server?.port ?? config.port}`;
  log.info("webhooker is ready", { version, url, data_dir: config.dataDir, environment: config.environment });

  async function stop(): Promise<void> {
    isStopping = true;
    stopping.abort();
    log.info("webhooker is stopping");
    const closed = app.server?.stop(false);
    await Promise.race([closed, new Promise<void>((resolve) => clock.after(REQUEST_GRACE_MS, resolve))]);
    await app.server?.stop(true);
    stopIdleChecks();
    checks.stop();
    stopLagWatch();
    disk.stop();
    await Promise.all([engine.stop(DELIVERY_GRACE_MS), retention.stop()]);
    await resumed;
    await storage.close();
    outbound.close();
    mainDb.close();
    unlock();
    log.info("webhooker has stopped");
    await log.flush();
  }

  return { url, routes: app.routes, stop };
}
