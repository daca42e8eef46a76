/** The delivery engine over real event files, with a fake clock, routes in memory and scripted targets. */
import { rmSync } from "node:fs";
import type { AttemptDeps } from "../../src/delivery/attempts/attempt.ts";
import { createDeliveryEngine, type DeliveryEngine } from "../../src/delivery/engine.ts";
import { newId, newIdAt } from "../../src/lib/ids.ts";
import { createReplay } from "../../src/replays/replay.ts";
import { openAttemptJournal } from "../../src/storage/attempt-journal/attempt-journal.ts";
import type { Delivery, EventDraft } from "../../src/storage/event-db/types.ts";
import {
  type EventFileUpkeep,
  startEventFileUpkeep,
} from "../../src/storage/event-files/event-file-upkeep.ts";
import { WebhookDBManager } from "../../src/storage/event-files/webhook-db-manager.ts";
import { type EventReader, startEventReader } from "../../src/storage/reader/event-reader.ts";
import { createChangeSignal } from "../../src/storage/stores/change-signal.ts";
import { createEventStore } from "../../src/storage/stores/event-store.ts";
import { createThrottleStore, type ThrottleStore } from "../../src/storage/stores/throttle-store.ts";
import { createEventWriter, type EventWriter } from "../../src/storage/writer/event-writer.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { makeTestFolder } from "../support/folder.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { createScriptedTargets, type ScriptedTargets, type WorldTarget } from "./scripted-targets.ts";
import { type SpiedStore, spyOnStore } from "./spied-store.ts";

export type World = SpiedStore &
  Omit<ScriptedTargets, "openTarget" | "forgetListeners"> &
  Readonly<{
    clock: FakeClock;
    files: WebhookDBManager;
    writer: EventWriter;
    reader: EventReader;
    engine: DeliveryEngine;
    lines: ReturnType<typeof createRecordingLog>["lines"];
    /** Stores events for targets of one webhook; resolves when they are on disk. */
    send: (targets: readonly WorldTarget[], count?: number, bodyBytes?: number) => Promise<readonly string[]>;
    /** An event for the targets, to be changed before it is stored. */
    draft: (targets: readonly WorldTarget[]) => EventDraft;
    /** Stores one event for a target that keeps order; "" puts it in no lane. */
    sendInLane: (target: WorldTarget, orderKey: string, query: string) => Promise<void>;
    replay: ReturnType<typeof createReplay>;
    /** The circuits that the engine reported, in order. */
    told: { what: "opened" | "closed"; targetId: string }[];
    /** The reasons of deliveries given up that owners were told. */
    givenUp: readonly string[];
    throttleStore: ThrottleStore;
    fate: (target: WorldTarget, eventId: string) => Promise<Delivery>;
    /** Runs the event loop until the condition is true. */
    until: (condition: () => boolean | Promise<boolean>) => Promise<void>;
    /** Runs the event loop until all that is due has begun and every write is done. */
    quiet: () => Promise<void>;
    /** Advances the clock in steps, running what each step brings. */
    pass: (ms: number, stepMs?: number) => Promise<void>;
    /** Makes another engine over the same files, to be started, as after a kill; the former is not stopped. */
    restart: () => DeliveryEngine;
    deleteFile: (webhookId: string) => Promise<void>;
    dispose: () => Promise<void>;
  }>;

export function createWorld(
  options: Readonly<{
    random?: () => number;
    onGone?: AttemptDeps["onGone"];
    transform?: AttemptDeps["transform"];
    mayAttempt?: () => boolean;
    /** Attempts are marked as begun, so that a restart without a stop is taken for a crash. */
    marks?: boolean;
  }> = {},
): World {
  const clock = createFakeClock();
  const directory = makeTestFolder("delivery");
  const { log, lines } = createRecordingLog();
  const upkeep: EventFileUpkeep = {
    ...startEventFileUpkeep(),
    // At once: a fake clock knows nothing of the time that a worker takes.
    prepare: async (_path, open) => open(),
  };
  const files = new WebhookDBManager({
    dataDir: directory,
    maxOpen: 100,
    upkeep,
    monotonic: clock.monotonic,
  });
  const reader = startEventReader();
  const changes = createChangeSignal();
  const writer = createEventWriter({
    files,
    upkeep,
    onStored: changes.announce,
    onRecorded: (webhookId) => engine.nudge(webhookId),
    onError: (message) => log.debug(message),
    monotonic: clock.monotonic,
  });
  const { routing, openTarget, forgetListeners, ...targets } = createScriptedTargets();
  const spied = spyOnStore(createEventStore({ files, writer, reader, changes, clock }));
  const { events } = spied;
  const throttleStore = createThrottleStore({ writer });

  const told: World["told"] = [];
  const givenUp: string[] = [];

  function newEngine(): DeliveryEngine {
    return createDeliveryEngine({
      events,
      throttleStore,
      routing,
      openTarget,
      clock,
      log,
      random: options.random ?? (() => 0.5),
      onGone: options.onGone,
      mayAttempt: options.mayAttempt,
      transform: options.transform,
      ...(options.marks && { journal: openAttemptJournal({ folder: directory, log, bootId: "one" }) }),
      notices: {
        targetDelivered: () => undefined,
        targetGivenUp: ({ reason }) => givenUp.push(reason),
        transformationFailed: ({ reason }) => givenUp.push(reason),
      },
      circuitListener: {
        onCircuitOpened: ({ targetId }) => told.push({ what: "opened", targetId }),
        onCircuitClosed: ({ targetId }) => told.push({ what: "closed", targetId }),
      },
    });
  }
  let engine = newEngine();
  // No earlier run has left anything.
  void engine.start([]);

  async function quiet(): Promise<void> {
    // A wake-up is followed by a pass within a turn, and a write by its commit within two.
    for (let turn = 0; turn < 12; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      await writer.drain();
    }
  }

  return {
    get engine() {
      return engine;
    },
    ...spied,
    ...targets,
    clock,
    files,
    writer,
    reader,
    routing,
    lines,
    quiet,
    throttleStore,
    replay: createReplay({ events, routing, clock }),
    draft: (to) => draftFor(to, clock, 1),
    async send(to, count = 1, bodyBytes = 1) {
      const drafts = Array.from({ length: count }, () => draftFor(to, clock, bodyBytes));
      await Promise.all(drafts.map((draft) => events.append(draft)));
      return drafts.map((draft) => draft.id);
    },
    async sendInLane(target, orderKey, query) {
      const goal = { id: target.id, settlesAtIngest: false, ...(orderKey !== "" && { orderKey }) };
      await events.append({ ...draftFor([target], clock, 1), query, targets: [goal] });
    },
    told,
    givenUp,
    async fate(target, eventId) {
      const deliveries = await events.listDeliveries(target.webhookId, eventId);
      const delivery = deliveries.find((each) => each.targetId === target.id);
      if (!delivery) throw new Error("no such delivery");
      return delivery;
    },
    async until(condition) {
      while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
    },
    async pass(ms, stepMs = 10_000) {
      for (let left = ms; left > 0; left -= stepMs) {
        clock.advance(Math.min(stepMs, left));
        await quiet();
      }
    },
    restart() {
      forgetListeners();
      engine = newEngine();
      return engine;
    },
    deleteFile: (webhookId) => files.delete(webhookId),
    async dispose() {
      let isStopped = false;
      const stopped = engine.stop(0).then(() => {
        isStopped = true;
      });
      while (!isStopped) {
        clock.advance(1_000);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await stopped;
      await writer.drain();
      await files.closeAll();
      reader.stop();
      upkeep.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function draftFor(targets: readonly WorldTarget[], clock: FakeClock, bodyBytes: number): EventDraft {
  const webhookId = targets[0]?.webhookId;
  if (webhookId === undefined) throw new Error("an event goes to one target at least");
  return {
    id: newIdAt(clock.now()),
    webhookId,
    entrypointId: newId(),
    receivedAt: clock.now(),
    method: "POST",
    pathTail: "",
    query: "",
    headers: [],
    contentType: "",
    remoteAddress: "",
    type: null,
    body: new Uint8Array(bodyBytes),
    targets: targets.map(({ id }) => ({ id, settlesAtIngest: false })),
  };
}
