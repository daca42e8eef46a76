/** The delivery engine over real event files, with a fake clock, routes in memory and scripted targets. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { OpenedTarget } from "../../src/delivery/deliver-once.ts";
import { createDeliveryEngine, type DeliveryEngine } from "../../src/delivery/engine.ts";
import { createReplay } from "../../src/delivery/replay.ts";
import { newId } from "../../src/lib/ids.ts";
import type { Delivery, EventDraft } from "../../src/storage/event-db/types.ts";
import { startEventFileUpkeep } from "../../src/storage/event-file-upkeep.ts";
import { createEventStore, type EventStore } from "../../src/storage/event-store.ts";
import { createEventWriter } from "../../src/storage/event-writer.ts";
import type { DeliveryTarget, Routing } from "../../src/storage/main-db/routing.ts";
import { WebhookDBManager } from "../../src/storage/webhook-db-manager.ts";
import type { DeliveryAttempt, Outcome } from "../../src/targets/target-type.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { createRecordingLog } from "../support/recording-log.ts";

export const DELIVERED: Outcome = { kind: "delivered", response: null };
export const FAILED: Outcome = { kind: "failed", retryable: true, error: "answered 500", response: null };

export type Attempt = DeliveryAttempt<unknown>;
export type Script = (attempt: Attempt) => Outcome | Promise<Outcome>;

/** A target of the world: its script may be changed, and what reached it is kept. */
export type WorldTarget = {
  readonly id: string;
  readonly webhookId: string;
  script: Script;
  maxAttempts: number | null;
  /** Every attempt, in order. */
  readonly attempts: Attempt[];
  running: number;
  mostRunning: number;
};

type Faults = {
  /** Set, every call of that name rejects with it, where `only` names the webhook or is not set. */
  error: Error | null;
  only: string | null;
};

export type World = Readonly<{
  clock: FakeClock;
  engine: DeliveryEngine;
  events: EventStore;
  /** Names of the calls to the store, in order. */
  calls: string[];
  faults: Record<"settle" | "claimDue" | "listPendingTargets" | "findPending" | "discardPending", Faults>;
  lines: ReturnType<typeof createRecordingLog>["lines"];
  addTarget: (options?: { webhookId?: string; script?: Script; maxAttempts?: number | null }) => WorldTarget;
  change: (target: WorldTarget, values: Partial<Pick<DeliveryTarget, "active" | "deleted">>) => void;
  /** Settings that no key opens, until set back. */
  lock: (target: WorldTarget, isLocked: boolean) => void;
  /** Stores events for the targets, which are of one webhook; resolves when they are on disk. */
  send: (targets: readonly WorldTarget[], count?: number, bodyBytes?: number) => Promise<readonly string[]>;
  replay: ReturnType<typeof createReplay>;
  fate: (target: WorldTarget, eventId: string) => Promise<Delivery>;
  /** Runs the event loop until it holds. */
  until: (condition: () => boolean | Promise<boolean>) => Promise<void>;
  /** Runs the event loop until everything that is due was begun and every write is done. */
  quiet: () => Promise<void>;
  /** Advances the clock in steps, running what each step brings. */
  pass: (ms: number, stepMs?: number) => Promise<void>;
  /** Another engine over the same files, as after a restart; the former is not stopped. */
  restart: () => DeliveryEngine;
  deleteFile: (webhookId: string) => Promise<void>;
  dispose: () => Promise<void>;
}>;

export function createWorld(options: { random?: () => number } = {}): World {
  const clock = createFakeClock();
  const directory = mkdtempSync(join(tmpdir(), "webhooker-delivery-"));
  const { log, lines } = createRecordingLog();
  const upkeep = startEventFileUpkeep();
  const files = new WebhookDBManager({
    dataDir: directory,
    maxOpen: 100,
    upkeep,
    monotonic: clock.monotonic,
  });
  const writer = createEventWriter({
    files,
    upkeep,
    onRecorded: (webhookId) => engine.nudge(webhookId),
    onError: (message) => log.debug(message),
  });
  const stored = createEventStore({ files, writer });
  const targets = new Map<string, WorldTarget>();
  const rows = new Map<string, DeliveryTarget>();
  const locked = new Set<string>();
  const listeners = new Set<(webhookId: string) => void>();
  const calls: string[] = [];
  const none = (): Faults => ({ error: null, only: null });
  const faults: World["faults"] = {
    settle: none(),
    claimDue: none(),
    listPendingTargets: none(),
    findPending: none(),
    discardPending: none(),
  };

  function note(name: string): void {
    calls.push(name);
  }
  function check(name: keyof World["faults"], webhookId: string): void {
    note(name);
    const { error, only } = faults[name];
    if (error && (only === null || only === webhookId)) throw error;
  }
  const events: EventStore = {
    ...stored,
    async settle(webhookId, settlement) {
      check("settle", webhookId);
      await stored.settle(webhookId, settlement);
    },
    async claimDue(claim) {
      check("claimDue", claim.webhookId);
      return stored.claimDue(claim);
    },
    async listPendingTargets(webhookId) {
      check("listPendingTargets", webhookId);
      return stored.listPendingTargets(webhookId);
    },
    async findPending(webhookIds) {
      check("findPending", "");
      return stored.findPending(webhookIds);
    },
    async discardPending(given) {
      check("discardPending", given.webhookId);
      return stored.discardPending(given);
    },
    async earliestDue(given) {
      note("earliestDue");
      return stored.earliestDue(given);
    },
    async shiftDue(given) {
      note("shiftDue");
      return stored.shiftDue(given);
    },
  };
  const routing: Routing = {
    findRoute: () => null,
    findTarget: (targetId) => rows.get(targetId) ?? null,
    listActiveTargetIds: (webhookId) =>
      [...rows.values()].filter((row) => row.webhookId === webhookId && row.active).map((row) => row.id),
    invalidate(webhookId) {
      for (const listener of listeners) listener(webhookId);
    },
    onInvalidate(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };

  async function deliver(attempt: Attempt): Promise<Outcome> {
    const target = targets.get(attempt.target.id);
    if (!target) throw new Error("no such target");
    target.attempts.push(attempt);
    target.running++;
    target.mostRunning = Math.max(target.mostRunning, target.running);
    try {
      return await target.script(attempt);
    } finally {
      target.running--;
    }
  }

  function openTarget(row: DeliveryTarget): OpenedTarget | null {
    const target = targets.get(row.id);
    if (!target || locked.has(row.id)) return null;
    return {
      target: row,
      type: { ...scriptedType, deliver },
      config: {},
      policy: { maxAttempts: target.maxAttempts, timeoutMs: 30_000 },
    };
  }

  function newEngine(): DeliveryEngine {
    return createDeliveryEngine({
      events,
      routing,
      openTarget,
      clock,
      log,
      random: options.random ?? (() => 0.5),
    });
  }
  let engine = newEngine();

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
    ...{ clock, events, calls, faults, lines, quiet },
    replay: createReplay({ events, routing, clock }),
    addTarget({ webhookId = newId(), script = () => DELIVERED, maxAttempts = 12 } = {}) {
      const id = newId();
      const target: WorldTarget = {
        ...{ id, webhookId, script, maxAttempts },
        ...{ attempts: [], running: 0, mostRunning: 0 },
      };
      targets.set(id, target);
      rows.set(id, {
        ...{ id, webhookId, webhookName: "Shop", name: "Warehouse", type: "scripted" },
        ...{ active: true, deleted: false, config: {}, policy: {} },
      });
      return target;
    },
    change(target, values) {
      const row = rows.get(target.id);
      if (!row) throw new Error("no such target");
      rows.set(target.id, { ...row, ...values });
      routing.invalidate(target.webhookId);
    },
    lock(target, isLocked) {
      if (isLocked) locked.add(target.id);
      else locked.delete(target.id);
    },
    async send(to, count = 1, bodyBytes = 1) {
      const drafts = Array.from({ length: count }, () => draftFor(to, clock, bodyBytes));
      await Promise.all(drafts.map((draft) => events.append(draft)));
      return drafts.map((draft) => draft.id);
    },
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
      listeners.clear();
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
      upkeep.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

const scriptedType: Omit<OpenedTarget["type"], "deliver"> = {
  type: "scripted",
  label: "Scripted",
  description: "Does what the test says.",
  configSchema: z.unknown(),
  fields: [],
  settlesAtIngest: false,
  summarize: () => "",
};

function draftFor(targets: readonly WorldTarget[], clock: FakeClock, bodyBytes: number): EventDraft {
  const webhookId = targets[0]?.webhookId;
  if (webhookId === undefined) throw new Error("an event goes to one target at least");
  return {
    ...{ id: newId(), webhookId, entrypointId: newId(), receivedAt: clock.now() },
    ...{ method: "POST", pathTail: "", query: "", headersJson: "[]", contentType: "", remoteAddress: "" },
    body: new Uint8Array(bodyBytes),
    targets: targets.map(({ id }) => ({ id, settlesAtIngest: false })),
  };
}

/** A promise and what settles it, for scripts that answer when the test says so. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

/** Never answers; ends when the program breaks it off, as every target type does. */
export const HANGS: Script = ({ signal }) =>
  new Promise((resolve) => {
    const end = () => resolve(FAILED);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
