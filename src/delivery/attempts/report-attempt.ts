/** Reports one attempt to the log, in one wide line with all that it may be searched by, and to the metrics. */
import type { Logger } from "../../observability/log.ts";
import type { DeliveryMetrics, MeasuredAttempt } from "../../observability/metrics.ts";
import type { DeliveryStatus, DueDelivery, Settlement } from "../../storage/event-db/types.ts";
import type { OpenedTarget } from "../open-target.ts";

type Done = Readonly<{
  log: Logger;
  metrics: DeliveryMetrics;
  opened: OpenedTarget;
  due: DueDelivery;
  settlement: Settlement;
  /** Monotonic time. */
  begunAt: number;
  /** Wall-clock time. */
  endedAt: number;
}>;

export function reportAttempt(done: Done): void {
  const { opened, due, settlement, begunAt, endedAt } = done;
  done.metrics.attempted({
    webhookId: opened.target.webhookId,
    targetId: due.targetId,
    targetType: opened.type.type,
    eventId: due.eventId,
    receivedAt: due.event.receivedAt,
    endedAt,
    begunAt,
    attemptsBefore: due.attempts,
    isReplay: due.replays > 0,
    outcome: outcomeOf(settlement.status),
  });
  logAttempt(done);
}

function outcomeOf(status: DeliveryStatus): MeasuredAttempt["outcome"] {
  return status === "pending" || status === "held" ? "retried" : status;
}

/** Leaves headers, bodies and URLs out: they may contain secrets of sender and target. */
function logAttempt({ log, opened, due, settlement, endedAt }: Done): void {
  const { result, status } = settlement;
  const fields = {
    webhook_id: opened.target.webhookId,
    entrypoint_id: due.event.entrypointId,
    event_id: due.eventId,
    target_id: due.targetId,
    target_type: opened.type.type,
    attempt: result.attempt,
    replays: due.replays,
    transformation: result.transformationVersion,
    status,
    status_code: result.statusCode,
    error: result.error,
    duration_ms: result.durationMs,
    since_received_ms: endedAt - due.event.receivedAt,
    body_bytes: due.event.bodySize,
    response_bytes: result.responseBody?.byteLength ?? null,
    next_attempt_at: settlement.nextAttemptAt,
  };
  if (status === "delivered") log.debug("delivered", fields);
  else if (status === "failed") log.warn("delivery given up", fields);
  else if (status === "discarded") log.debug("delivery dropped by the transformation", fields);
  else log.info("delivery failed, will be retried", fields);
}
