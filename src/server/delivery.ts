/** Builds the parts that deliver stored events to their targets, replay them, and delete them after their retention. */
import type { Config } from "../config.ts";
import { createGoneHandler } from "../delivery/attempts/deactivate-gone.ts";
import { createDeliveryEngine } from "../delivery/engine.ts";
import { createTargetOpener } from "../delivery/open-target.ts";
import { createPullWatch } from "../delivery/pull-watch.ts";
import { createThrottleControl } from "../delivery/throttle/throttle-control.ts";
import { createFieldIndexing } from "../indexing/field-indexing.ts";
import type { Clock } from "../lib/clock.ts";
import type { DescriptorBudget } from "../lib/descriptor-budget.ts";
import type { Logger } from "../observability/log.ts";
import type { DeliveryMetrics } from "../observability/metrics.ts";
import type { Tracing } from "../observability/tracing.ts";
import { createOutboundClient } from "../outbound/client.ts";
import type { Outbound } from "../outbound/outbound.ts";
import { createReplay } from "../replays/replay.ts";
import { createReplayRuns } from "../replays/replay-runs.ts";
import { createAuditRetention } from "../retention/audit-retention.ts";
import { createRetention } from "../retention/retention.ts";
import { createSandbox } from "../sandbox/sandbox.ts";
import type { Sealer } from "../settings/sealed-config.ts";
import { openAttemptJournal } from "../storage/attempt-journal/attempt-journal.ts";
import type { EventStorage } from "../storage/event-storage.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { createFieldStore } from "../storage/stores/field-store.ts";
import { createReplayStore } from "../storage/stores/replay-store.ts";
import { createRetentionStore } from "../storage/stores/retention-store.ts";
import { Pulls } from "../targets/pull/pulls.ts";
import { createTargetTypes, type TargetTypes } from "../targets/registry.ts";
import { createTransform } from "../targets/transformations/transformer.ts";
import { createNoticeParts } from "./notices.ts";

/** How long attempts under way may go on after a stop. Containers are killed 10 s after it by default. */
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
  /** False while this node of a cluster may not act as its leader. */
  mayAttempt?: (() => boolean) | undefined;
  /** False while another node of the cluster leads. */
  isLeading?: (() => boolean) | undefined;
  /** By default the client that may reach what the configuration allows; closed by `close`. */
  outbound?: Outbound | undefined;
  /** Returns the target types that there are, given the program's own. */
  alterTypes?: ((own: TargetTypes) => TargetTypes) | undefined;
  /** Waits between the steps of a replay; by default on the clock. */
  rest?: ((ms: number) => Promise<void>) | undefined;
  /** Aborted when a stop begins. */
  stopping: AbortSignal;
}) {
  const { config, storage, mainDb, keys, clock, log, metrics, tracing, descriptors, rest } = deps;
  const { isLeading = () => true } = deps;
  const { files, writer, events } = storage;
  const { routing, webhooks } = mainDb;
  const outbound =
    deps.outbound ??
    createOutboundClient({
      allowedCidrs: config.allowedTargetCidrs,
      maxIdleConnections: descriptors.idleConnections,
    });
  const pulls = new Pulls({ clock, log, onWanted: (webhookId) => engine.nudge(webhookId) });
  // Else they would wait for deliveries until their time is up.
  deps.stopping.addEventListener("abort", () => pulls.stop());
  const ownTypes = createTargetTypes({ outbound, log, clock, pulls });
  const targetTypes = deps.alterTypes?.(ownTypes) ?? ownTypes;
  const openTarget = createTargetOpener({ targetTypes, keys, log });
  const telling = createNoticeParts({ config, files, mainDb, openTarget, isLeading, clock, log });
  const { notices } = telling;
  const sandbox = createSandbox({
    clock,
    onStopped: ({ key }, standing) => {
      const what = "a transformation had to be killed three times in a row";
      if (standing === "disabled") log.error(`${what} and is disabled`, { version: key });
      else log.warn(`${what}; it worked before, so it rests for a while`, { version: key });
    },
  });
  const transform = createTransform(sandbox);
  const engine = createDeliveryEngine({
    events,
    throttleStore: storage.throttle,
    routing,
    openTarget,
    clock,
    log,
    metrics,
    notices,
    tracing,
    async transform(order) {
      const run = await transform(order);
      metrics.transformed(run);
      return run;
    },
    limits: descriptors,
    mayAttempt: deps.mayAttempt,
    journal: openAttemptJournal({ folder: config.dataDir, log }),
    onGone: createGoneHandler({ targets: mainDb.targets, notices, clock, log }),
    circuitListener: { onCircuitOpened: notices.circuitOpened, onCircuitClosed: notices.circuitClosed },
  });
  const pullWatch = createPullWatch({
    pulls,
    queries: mainDb.targetPulls,
    targets: mainDb.targets,
    notices,
    clock,
    log,
  });
  const { presence } = pullWatch;
  const throttle = createThrottleControl({ engine, events, store: storage.throttle, presence, clock });
  const replay = createReplay({ events, routing, clock });
  const replayRuns = createReplayRuns({
    store: createReplayStore({ files, writer, reader: storage.reader }),
    events,
    routing,
    onDue: engine.nudge,
    clock,
    log,
    ...(rest && { rest }),
  });
  const retention = createRetention({
    store: createRetentionStore({ files, writer }),
    webhooks,
    routing,
    defaultDays: config.retentionDays,
    pruneAudit: createAuditRetention({ audit: mainDb.audit, durably: mainDb.durably, clock }),
    clock,
    log,
  });

  const fieldIndexing = createFieldIndexing({
    store: createFieldStore({ files, writer, reader: storage.reader }),
    webhooks,
    routing,
    clock,
    log,
  });

  return {
    outbound,
    targetTypes,
    engine,
    throttle,
    replay,
    replayRuns,
    notices,
    pulls,
    pullWatch,
    refusals: telling.refusals,
    sandbox,
    transform,
    sendTestNotice: telling.sendTest,
    sendTestMail: telling.sendTestMail,
    /** Takes note of a webhook's new events or rejected requests; `hasDue` where some may have to be delivered. */
    recorded(webhookId: string, hasDue: boolean): void {
      if (hasDue) engine.nudge(webhookId);
      retention.noteRecorded(webhookId);
      fieldIndexing.noteRecorded(webhookId);
      telling.recorded(webhookId);
    },
    /** Takes note of an imported webhook, whose events may be of any age and due. */
    imported(webhookId: string): void {
      engine.nudge(webhookId);
      retention.noteImported(webhookId);
      fieldIndexing.noteImported(webhookId);
    },
    /** Nothing is delivered or deleted before. Resolves when everything that an earlier run left was looked through. */
    async start(): Promise<void> {
      telling.start();
      pullWatch.start();
      const webhookIds = webhooks.listAll().map(({ id }) => id);
      await engine.start(webhookIds);
      await replayRuns.start(webhookIds);
      await retention.start();
      fieldIndexing.start();
    },
    async stop(): Promise<void> {
      pullWatch.stop();
      await Promise.all([
        engine.stop(DELIVERY_GRACE_MS),
        replayRuns.stop(),
        retention.stop(),
        fieldIndexing.stop(),
      ]);
      await telling.stop();
    },
    /** Closes the connections to targets, and the sandbox; call it when nothing uses them any more. */
    close(): void {
      sandbox.stop();
      outbound.close();
    },
  };
}
