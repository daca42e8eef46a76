/** Transforms one event, hands it to its target type, and turns whatever happens into an outcome. */
import { errorMessage } from "../../lib/errors.ts";
import type { Logger } from "../../observability/log.ts";
import type { DueDelivery } from "../../storage/event-db/types.ts";
import type { Released } from "../../targets/target-type.ts";
import type { Transform } from "../../targets/transformations/transformer.ts";
import type { OpenedTarget } from "../open-target.ts";
import { withTraceparent } from "./trace-attempt.ts";
import { type AttemptOutcome, transformFirst } from "./transform-first.ts";

export async function deliverOnce(options: {
  opened: OpenedTarget;
  due: DueDelivery;
  signal: AbortSignal;
  log: Logger;
  /** Sent to the target instead of the sender's own; undefined: the sender's is kept. */
  traceparent?: string | undefined;
  transform: Transform;
}): Promise<AttemptOutcome | Released> {
  const { opened, due, signal, log, traceparent, transform } = options;
  const { target, type, config, policy, signer } = opened;
  try {
    let { event } = due;
    // Without waiting where there is none: what begins together is to be sent in the same turn of the event loop.
    if (target.transformation !== null) {
      const transformed = await transformFirst(transform, target, event);
      if ("kind" in transformed) return transformed;
      event = transformed.event;
    }
    return await type.deliver({
      event: traceparent === undefined ? event : withTraceparent(event, traceparent),
      webhook: { id: target.webhookId, name: target.webhookName },
      target: { id: target.id, name: target.name },
      config,
      signer,
      attempt: due.attempts + 1,
      timeoutMs: policy.timeoutMs,
      signal,
    });
  } catch (error) {
    // Our fault, not the target's: the delivery is retried, and the log says what to mend.
    log.error("a target type failed unexpectedly", {
      target_id: target.id,
      event_id: due.eventId,
      cause: errorMessage(error),
    });
    return {
      kind: "failed",
      retryable: true,
      error: "Unexpected error inside webhooker. See its log.",
      response: null,
    };
  }
}
