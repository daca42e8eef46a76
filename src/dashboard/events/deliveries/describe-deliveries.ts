/** Prepares an event's deliveries for its page: what each waits for, and the attempts that fit on the page. */
import type { ThrottleView } from "../../../delivery/throttle/throttle-control.ts";
import type { Delivery, DeliveryResult } from "../../../storage/event-db/types.ts";
import type { StoredDeliveryPolicy } from "../../../targets/delivery-policy.ts";
import { contentTypeOf, pictureBody } from "../body/body-picture.ts";
import type { Names } from "../names.ts";
import type { DeliveryProps, ShownAttempt } from "../timeline.tsx";
import { waitOf } from "./wait.ts";

/** Limit on the markup of all responses together; each attempt gets an equal part. */
const RESPONSE_CHARS = 20_000;
const MAX_RESPONSE_CHARS = 8_000;
const ATTEMPTS_SHOWN = 20;

type Given = Readonly<{
  deliveries: readonly Delivery[];
  names: Names;
  /** By target. */
  throttles: ReadonlyMap<string, ThrottleView>;
  now: number;
}>;

export function describeDeliveries(given: Given): readonly Omit<DeliveryProps, "query" | "webhookId">[] {
  const { deliveries, names, throttles, now } = given;
  return deliveries.map((delivery) => {
    const target = names.targets.find(({ id }) => id === delivery.targetId);
    const shown = delivery.results.slice(-ATTEMPTS_SHOWN).reverse();
    const equalPart = Math.ceil(RESPONSE_CHARS / (shown.length * deliveries.length));
    return {
      delivery,
      wait: waitOf({ delivery, target, throttle: throttles.get(delivery.targetId), now }),
      maxAttempts: target ? maxAttemptsOf(target.policy) : null,
      attempts: shown.map((result) => showAttempt(result, Math.min(MAX_RESPONSE_CHARS, equalPart))),
      earlierAttempts: delivery.results.length - shown.length,
      target: names.target(delivery.targetId),
    };
  });
}

/** Returns the attempts after which a delivery is given up; null if there is no limit. */
function maxAttemptsOf({
  max_attempts,
  retry_strategy,
  retry_delays_seconds,
}: StoredDeliveryPolicy): number | null {
  const listed = retry_strategy === "list" ? retry_delays_seconds.length + 1 : Number.POSITIVE_INFINITY;
  const most = Math.min(max_attempts ?? Number.POSITIVE_INFINITY, listed);
  return most === Number.POSITIVE_INFINITY ? null : most;
}

function showAttempt(result: DeliveryResult, maxChars: number): ShownAttempt {
  const { responseBody: body, responseHeaders } = result;
  const contentType = contentTypeOf(responseHeaders);
  return { result, picture: body === null ? null : pictureBody({ contentType, body, maxChars }) };
}
