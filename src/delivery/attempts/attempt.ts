/** Runs one attempt and stores its result together with the delivery's new state. */
import type { Clock } from "../../lib/clock.ts";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { newId } from "../../lib/ids.ts";
import type { Logger } from "../../observability/log.ts";
import { type DeliveryMetrics, noMetrics } from "../../observability/metrics.ts";
import type { Tracing } from "../../observability/tracing.ts";
import type { DueDelivery, Settlement } from "../../storage/event-db/types.ts";
import type { DeliveryTarget } from "../../storage/main-db/routing.ts";
import type { EventStore } from "../../storage/stores/event-store.ts";
import type { Outcome } from "../../targets/target-type.ts";
import type { Transform } from "../../targets/transformations/transformer.ts";
import type { OpenedTarget } from "../open-target.ts";
import type { TargetNotices } from "../target-notices.ts";
import { type NextState, nextState } from "../transition.ts";
import { deliverOnce } from "./deliver-once.ts";
import { reportAttempt } from "./report-attempt.ts";
import { beginTrace } from "./trace-attempt.ts";
import type { AttemptOutcome } from "./transform-first.ts";

/** A result that cannot be stored (a full disk) is kept and stored later; its delivery is not attempted meanwhile. */
const STORE_AGAIN_MS = 1_000;

type AttemptNotices = Pick<TargetNotices, "targetGivenUp" | "targetDelivered" | "transformationFailed">;

export type AttemptDeps = Readonly<{
  events: EventStore;
  clock: Clock;
  log: Logger;
  metrics?: DeliveryMetrics;
  /** Told of each delivery that succeeded or was given up. */
  notices?: AttemptNotices | undefined;
  /** Undefined where traces are not wanted. */
  tracing?: Tracing | undefined;
  random: () => number;
  /** Runs targets' transformations. */
  transform?: Transform | undefined;
  /** Called when the target says that it is gone for good (410). */
  onGone?: ((target: DeliveryTarget) => void) | undefined;
  /** Aborted when the grace period of a stop is over. */
  signal: AbortSignal;
}>;

/** The target's outcome in an attempt, null where it was not asked; and the settlement to store. */
export type Attempt = Readonly<{ outcome: Outcome | null; settlement: Settlement }>;

/**
 * Resolves to null where the program stopped first, or the target did not get the event: the delivery is still pending
 * and will be attempted again.
 */
export async function runAttempt(
  deps: AttemptDeps,
  opened: OpenedTarget,
  due: DueDelivery,
): Promise<Attempt | null> {
  const { clock, signal, log, metrics = noMetrics } = deps;
  const startedAt = clock.now();
  const from = clock.monotonic();
  const traced = deps.tracing && beginTrace(deps.tracing, opened, due);
  const { transform = noTransform } = deps;
  const outcome = await deliverOnce({
    opened,
    due,
    signal,
    log,
    traceparent: traced?.traceparent,
    transform,
  });
  if (outcome.kind === "released") return null;
  const endedAt = clock.now();
  const durationMs = Math.round(clock.monotonic() - from);
  if (signal.aborted && (outcome.kind === "failed" || outcome.kind === "unready")) return null;

  const next = nextState({
    delivery: due,
    outcome,
    policy: opened.policy,
    now: endedAt,
    random: deps.random(),
  });
  const version = opened.target.transformation?.version ?? null;
  const settlement = toSettlement({ due, outcome, next, startedAt, durationMs, version });
  const answered = isOfTarget(outcome) ? outcome : null;
  try {
    if (answered?.response?.statusCode === 410 && opened.policy.deactivatesWhenGone)
      deps.onGone?.(opened.target);
    reportAttempt({ log, metrics, opened, due, settlement, begunAt: from, endedAt });
    const { statusCode, error } = settlement.result;
    traced?.end({ status: settlement.status, statusCode, error });
    if (deps.notices) tellOwner(deps.notices, opened, settlement);
  } catch (fault) {
    // The result is stored all the same: the delivery would be made again without it, time after time.
    log.error("what came of a delivery attempt could not be told everywhere", {
      target_id: due.targetId,
      event_id: due.eventId,
      cause: errorMessage(fault),
    });
  }
  return { outcome: answered, settlement };
}

function isOfTarget(outcome: AttemptOutcome): outcome is Outcome {
  return outcome.kind === "delivered" || outcome.kind === "failed";
}

const noTransform: Transform = async () => ({
  kind: "unavailable",
  error: "there is no sandbox",
  micros: 0,
  lines: [],
});

function tellOwner(
  notices: AttemptNotices,
  { target: { webhookId, id: targetId } }: OpenedTarget,
  { status, reason, result }: Settlement,
): void {
  if (result.transformationFailed) {
    notices.transformationFailed({ webhookId, targetId, reason: reason ?? "" });
  } else if (status === "delivered") notices.targetDelivered({ webhookId, targetId });
  else if (status === "failed") notices.targetGivenUp({ webhookId, targetId, reason: reason ?? "" });
}

function toSettlement(done: {
  due: DueDelivery;
  outcome: AttemptOutcome;
  next: NextState;
  startedAt: number;
  durationMs: number;
  version: number | null;
}): Settlement {
  const { due, outcome, next, startedAt, durationMs, version } = done;
  const response = isOfTarget(outcome) ? outcome.response : null;
  return {
    eventId: due.eventId,
    targetId: due.targetId,
    replays: due.replays,
    status: next.status,
    nextAttemptAt: next.nextAttemptAt,
    reason: next.reason,
    result: {
      id: newId(),
      attempt: due.attempts + 1,
      startedAt,
      durationMs,
      statusCode: response?.statusCode ?? null,
      error: errorOf(outcome),
      responseHeaders: response?.headers ?? null,
      responseBody: response?.body ?? null,
      responseBodyTruncated: response?.bodyTruncated ?? false,
      transformationVersion: version,
      transformationFailed: outcome.kind === "untransformed",
    },
  };
}

function errorOf(outcome: AttemptOutcome): string | null {
  if (outcome.kind === "untransformed") return outcome.reason;
  return outcome.kind === "failed" || outcome.kind === "unready" ? outcome.error : null;
}

/**
 * "gone": the webhook was deleted with its file. "refused": the file cannot take it now. "stopped": this process ends before
 * it can; the delivery is still pending.
 */
export type Stored = "stored" | "gone" | "refused" | "stopped";

export function storeOnce(
  events: Pick<EventStore, "settle">,
  webhookId: string,
  settlement: Settlement,
): Promise<Stored> {
  return events.settle(webhookId, settlement).then(isStored, whyNotStored);
}

function isStored(): Stored {
  return "stored";
}

function whyNotStored(error: unknown): Stored {
  if (!(error instanceof AppError)) return "refused";
  if (error.kind === "not_found") return "gone";
  return error.code === "node_stopped" ? "stopped" : "refused";
}

/** Retries until the file takes the result or the program stops; the delivery is then still pending. */
export async function storeLater(
  deps: AttemptDeps,
  webhookId: string,
  settlement: Settlement,
): Promise<void> {
  let stored: Stored = "refused";
  while (stored === "refused" && !deps.signal.aborted) {
    await pause(deps.clock, STORE_AGAIN_MS, deps.signal);
    stored = await storeOnce(deps.events, webhookId, settlement);
  }
}

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, done);
    signal.addEventListener("abort", done, { once: true });
    function done(): void {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    }
  });
}
