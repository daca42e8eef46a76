/** Traces one attempt, and sends its trace context to the target instead of the sender's. */
import type { TracedAttempt, Tracing } from "../../observability/tracing.ts";
import type { DueDelivery } from "../../storage/event-db/types.ts";
import type { ReceivedEvent } from "../../targets/target-type.ts";
import type { OpenedTarget } from "../open-target.ts";

const TRACEPARENT = "traceparent";

/** Returns null where this event's trace is not sampled. */
export function beginTrace(tracing: Tracing, opened: OpenedTarget, due: DueDelivery): TracedAttempt | null {
  const { target, type, config } = opened;
  return tracing.beginAttempt({
    eventId: due.eventId,
    webhookId: target.webhookId,
    targetId: target.id,
    targetType: type.type,
    destination: type.summarize(config),
    method: due.event.method,
    traceparent: due.event.headers.find(([name]) => isTraceparent(name))?.[1] ?? null,
    attempt: due.attempts + 1,
    replays: due.replays,
  });
}

export function withTraceparent(event: ReceivedEvent, traceparent: string): ReceivedEvent {
  const others = event.headers.filter(([name]) => !isTraceparent(name));
  return { ...event, headers: [...others, [TRACEPARENT, traceparent]] };
}

function isTraceparent(name: string): boolean {
  return name.length === TRACEPARENT.length && name.toLowerCase() === TRACEPARENT;
}
