/** Targets that do what a test says, with their routes in memory. */
import { z } from "zod";
import type { OpenedTarget, TargetOpener } from "../../src/delivery/open-target.ts";
import { newId } from "../../src/lib/ids.ts";
import type { DeliveryTarget, Routing } from "../../src/storage/main-db/routing.ts";
import { parseDeliveryPolicy } from "../../src/targets/delivery-policy.ts";
import type { DeliveryAttempt, Outcome } from "../../src/targets/target-type.ts";

export const DELIVERED: Outcome = { kind: "delivered", response: null };
export const FAILED: Outcome = { kind: "failed", retryable: true, error: "HTTP 500", response: null };

/** A failure with a response. */
export function answered(statusCode: number, retryAfterMs?: number): Outcome {
  const response = { statusCode, headers: [], body: new Uint8Array(), bodyTruncated: false };
  const error = `HTTP ${statusCode}`;
  return {
    kind: "failed",
    retryable: true,
    error,
    response,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

export type Attempt = DeliveryAttempt<unknown>;
export type Script = (attempt: Attempt) => Outcome | Promise<Outcome>;

/** A target of the world, with a script that may be changed and the attempts that reached it. */
export type WorldTarget = {
  readonly id: string;
  readonly webhookId: string;
  script: Script;
  maxAttempts: number | null;
  /** The rest of its policy, as the API takes it. */
  policy: Record<string, unknown>;
  /** Every attempt, in order. */
  readonly attempts: Attempt[];
  running: number;
  mostRunning: number;
  /** Events of which two attempts ran at once, which must not be. */
  readonly overlaps: string[];
};

/** A promise and the function that resolves it, for scripts that answer when the test says so. */
export function gate(): { opened: Promise<void>; open: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}

/** Never answers; ends when it is aborted, as every target type does. */
export const HANGS: Script = ({ signal }) =>
  new Promise((resolve) => {
    const end = () => resolve(FAILED);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });

export type ScriptedTargets = Readonly<{
  routing: Routing;
  openTarget: TargetOpener;
  addTarget: (
    options?: Partial<Pick<WorldTarget, "webhookId" | "script" | "maxAttempts" | "policy">>,
  ) => WorldTarget;
  change: (
    target: WorldTarget,
    values: Partial<Pick<DeliveryTarget, "active" | "paused" | "deleted" | "transformation">>,
  ) => void;
  /** Makes the target's settings impossible to open, or possible again. */
  lock: (target: WorldTarget, isLocked: boolean) => void;
  /** How often a target was looked up, once for each turn of its queue. */
  lookups: () => number;
  /** Drops all listeners for changes. */
  forgetListeners: () => void;
}>;

export function createScriptedTargets(): ScriptedTargets {
  const targets = new Map<string, WorldTarget>();
  const rows = new Map<string, DeliveryTarget>();
  const locked = new Set<string>();
  const underWay = new Set<string>();
  let lookups = 0;
  const listeners = new Set<(webhookId: string) => void>();

  const routing: Routing = {
    findRoute: () => null,
    findPublishRoute: () => null,
    hasWebhook: (webhookId) => rows.values().some((row) => row.webhookId === webhookId),
    findTarget(targetId) {
      lookups++;
      return rows.get(targetId) ?? null;
    },
    listTargetIds: (webhookId) =>
      [...rows.values()].filter((row) => row.webhookId === webhookId && !row.deleted).map((row) => row.id),
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
    const key = `${target.id} ${attempt.event.id}`;
    if (underWay.has(key)) target.overlaps.push(attempt.event.id);
    underWay.add(key);
    target.attempts.push(attempt);
    target.running++;
    target.mostRunning = Math.max(target.mostRunning, target.running);
    try {
      return await target.script(attempt);
    } finally {
      underWay.delete(key);
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
      signer: null,
      policy: { ...parseDeliveryPolicy(target.policy), maxAttempts: target.maxAttempts },
    };
  }

  return {
    routing,
    openTarget,
    lookups: () => lookups,
    addTarget({ webhookId = newId(), script = () => DELIVERED, maxAttempts = 12, policy = {} } = {}) {
      const id = newId();
      const target: WorldTarget = {
        id,
        webhookId,
        script,
        maxAttempts,
        policy,
        attempts: [],
        running: 0,
        mostRunning: 0,
        overlaps: [],
      };
      targets.set(id, target);
      rows.set(id, {
        id,
        webhookId,
        webhookName: "Shop",
        name: "Warehouse",
        type: "scripted",
        active: true,
        paused: false,
        deleted: false,
        config: {},
        policy: {},
        signing: null,
        transformation: null,
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
    forgetListeners: () => listeners.clear(),
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
