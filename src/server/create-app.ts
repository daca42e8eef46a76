/** The one composition of the gateway: builds every part, mounts the routes, and starts and stops it all. */
import type { Config } from "../config.ts";
import { createTestEventSender } from "../dashboard/webhooks/entrypoints/test-event.ts";
import { createOwnEventSender } from "../ingest/own-events.ts";
import type { Clock } from "../lib/clock.ts";
import { shareDescriptors } from "../lib/descriptor-budget.ts";
import { every } from "../lib/every.ts";
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
import { createDeliveryParts } from "./delivery.ts";
import { createIngestParts } from "./ingest.ts";
import { mountRoutes } from "./mount.ts";
import type { Overrides } from "./overrides.ts";
import { createPeopleParts } from "./people.ts";
import { createCounters, createSelfReport } from "./self-report.ts";
import { openStorageParts } from "./storage.ts";
import { startTraces } from "./traces.ts";
import { createWebhookParts } from "./webhooks.ts";

/** How long requests that are being received may go on after a stop. */
const REQUEST_GRACE_MS = 2_000;
/** How often event files that nobody used for a while are looked for. */
const IDLE_CHECK_MS = 30_000;

export type App = Awaited<ReturnType<typeof createApp>>;

/**
 * Locks the data folder and opens its files, but delivers, deletes and watches nothing before `start`. Rejects with
 * AppError: `conflict` while another process uses the folder, `unavailable` for data that is missing or unusable.
 */
export async function createApp({
  config,
  clock,
  log,
  overrides = {},
}: {
  config: Config;
  clock: Clock;
  log: Logger;
  overrides?: Overrides;
}) {
  const stopping = new AbortController();
  const { counted, metrics } = createCounters({ config, clock });
  const descriptors = overrides.descriptors ?? shareDescriptors();
  const maxOpenFiles = descriptors.openFiles;
  const { tracing, stop: stopTraces } = await startTraces({ config, clock, log });

  refuseMissingData(config);
  const unlock = lockFolder(config.dataDir);
  const keys = loadKeyRing(config);
  const stored = openStorageParts({
    config,
    keys,
    clock,
    log,
    metrics,
    maxOpenFiles,
    onRecorded: (webhookId, hasDue) => delivery.recorded(webhookId, hasDue),
    mainDbUpkeep: overrides.mainDbUpkeep,
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
    outbound: overrides.outbound,
    alterTypes: overrides.targetTypes,
    rest: overrides.rest,
    stopping: stopping.signal,
  });
  const { outbound, targetTypes, throttle, replay, replayRuns, refusals } = delivery;
  const { sendTestNotice, sandbox, transform } = delivery;

  const people = createPeopleParts({
    config,
    mainDb,
    keys,
    clock,
    log,
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
    onImported: (webhookId) => delivery.imported(webhookId),
  });
  const { providers, useCases, transfer } = ofWebhooks;
  await transfer.clear();
  const ingest = createIngestParts({
    events,
    rejected,
    routing: mainDb.routing,
    providers,
    keys,
    keepLearned: createLearnedSecrets({ mainDb, providers, keys, clock, log }),
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
    stopping: stopping.signal,
  });

  const app = mountRoutes({
    ingest,
    report,
    alterDashboard: overrides.dashboard,
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
      sendTestMail: delivery.sendTestMail,
    },
  });

  let stopIdleChecks = () => {};
  let resumed = Promise.resolve();

  /** Resolves when everything that an earlier run left was looked through; requests may be taken before. */
  function start(): Promise<void> {
    lost.start();
    report.start();
    people.apiKeys.uses.start();
    people.sessions.seen.start();
    stopIdleChecks = every(clock, IDLE_CHECK_MS, () => files.closeIdle());
    resumed = files
      .deleteLeftovers(mainDb.webhooks.listDeletedIds())
      .catch((error: unknown) => {
        log.error("the files of deleted webhooks could not be removed", { cause: error });
      })
      .then(delivery.start)
      .catch((error: unknown) => {
        log.error("searching for pending deliveries failed", { cause: error });
      });
    return resumed;
  }

  /** Stops in reverse order. Resolves when everything that was accepted is stored, and every file is closed. */
  async function stop(): Promise<void> {
    stopping.abort();
    const closed = app.server?.stop(false);
    await Promise.race([closed, new Promise<void>((resolve) => clock.after(REQUEST_GRACE_MS, resolve))]);
    await app.server?.stop(true);
    stopIdleChecks();
    people.apiKeys.uses.stop();
    people.sessions.seen.stop();
    lost.stop();
    checks.stop();
    report.stop();
    await delivery.stop();
    await resumed;
    await stopTraces();
    delivery.close();
    people.close();
    await stored.close();
    unlock();
  }

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
    start,
    stop,
  };
}
