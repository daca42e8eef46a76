/** The parts that bring stored events to their targets, and those that delete them when their time has come. */
import type { Config } from "../config.ts";
import { createGoneHandler } from "../delivery/attempts/deactivate-gone.ts";
import { createDeliveryEngine } from "../delivery/engine.ts";
import { createTargetOpener } from "../delivery/open-target.ts";
import { createThrottleControl } from "../delivery/throttle/throttle-control.ts";
import type { Clock } from "../lib/clock.ts";
import type { DescriptorBudget } from "../lib/descriptor-budget.ts";
import type { Logger } from "../observability/log.ts";
import type { DeliveryMetrics } from "../observability/metrics.ts";
import type { Tracing } from "../observability/tracing.ts";
import { createOutboundClient } from "../outbound/client.ts";
import { createReplay } from "../replays/replay.ts";
import { createReplayRuns } from "../replays/replay-runs.ts";
import { createRetention } from "../retention/retention.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import { openAttemptJournal } from "../storage/attempt-journal/attempt-journal.ts";
import type { EventStorage } from "../storage/event-storage.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { createReplayStore } from "../storage/stores/replay-store.ts";
import { createRetentionStore } from "../storage/stores/retention-store.ts";
import { createTargetTypes } from "../targets/registry.ts";
import { createNoticeParts } from "./notices.ts";

/** Deliveries under way at a stop get this long to end; the container default before SIGKILL is 10 s. */
const DELIVERY_GRACE_MS = 6_000;

export type DeliveryParts = ReturnType<typeof createDeliveryParts>;

export function createDeliveryParts(deps: {
  config: Config;
  storage: EventStorage;
  mainDb: MainDb;
  keys: Sealer;
  clock: Clock;
  log: Logger;
  metrics: DeliveryMetrics;
  tracing: Tracing | undefined;
  descriptors: DescriptorBudget;
}) {
  const { config, storage, mainDb, keys, clock, log, metrics, tracing, descriptors } = deps;
  const { files, writer, events } = storage;
  const { routing, webhooks } = mainDb;
  const outbound = createOutboundClient({
    allowedCidrs: config.allowedTargetCidrs,
    maxIdleConnections: descriptors.idleConnections,
  });
  const targetTypes = createTargetTypes({ outbound, log });
  const openTarget = createTargetOpener({ targetTypes, keys, log });
  const telling = createNoticeParts({ config, files, mainDb, openTarget, clock, log });
  const { notices } = telling;
  const engine = createDeliveryEngine({
    ...{
      events,
      throttleStore: storage.throttle,
      routing,
      openTarget,
      clock,
      log,
      metrics,
      notices,
      tracing,
    },
    limits: descriptors,
    journal: openAttemptJournal({ folder: config.dataDir, log }),
    onGone: createGoneHandler({ targets: mainDb.targets, notices, clock, log }),
    circuitListener: { onCircuitOpened: notices.circuitOpened, onCircuitClosed: notices.circuitClosed },
  });
  const throttle = createThrottleControl({ engine, events, store: storage.throttle, clock });
  const replay = createReplay({ events, routing, clock });
  const replayRuns = createReplayRuns({
    ...{ events, routing, clock, log },
    store: createReplayStore({ files, writer, reader: storage.reader }),
    onDue: engine.nudge,
  });
  const retention = createRetention({
    ...{ clock, log, webhooks, routing },
    defaultDays: config.retentionDays,
    store: createRetentionStore({ files, writer }),
  });

  return {
    outbound,
    targetTypes,
    engine,
    throttle,
    replay,
    replayRuns,
    notices,
    sendTestNotice: telling.sendTest,
    /** The webhook has new events or rejected requests; `hasDue` where something may have to be delivered. */
    recorded(webhookId: string, hasDue: boolean): void {
      if (hasDue) engine.nudge(webhookId);
      retention.noteRecorded(webhookId);
      telling.recorded(webhookId);
    },
    /** The webhook has come with events of any age, of which some may be due. */
    imported(webhookId: string): void {
      engine.nudge(webhookId);
      retention.noteImported(webhookId);
    },
    /** Resolves when everything that an earlier run left was looked through. */
    async start(): Promise<void> {
      telling.start();
      const webhookIds = webhooks.listAll().map(({ id }) => id);
      await engine.start(webhookIds);
      await replayRuns.start(webhookIds);
      await retention.start();
    },
    async stop(): Promise<void> {
      await Promise.all([engine.stop(DELIVERY_GRACE_MS), replayRuns.stop(), retention.stop()]);
      await telling.stop();
    },
    /** After everything that delivers has stopped. */
    close: () => outbound.close(),
  };
}
