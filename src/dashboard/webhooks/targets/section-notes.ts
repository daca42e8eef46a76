/** Says what is set in the folded sections of a target's form, where a sentence says more than a list of settings. */
import { plainWaitsMs } from "../../../delivery/backoff.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../../lib/clock.ts";
import { parseDeliveryPolicy, type StoredDeliveryPolicy } from "../../../targets/delivery-policy.ts";
import type { Target } from "../../../webhooks/targets.ts";
import { formatCount } from "../../components/format.ts";
import { SIGNING_OPTIONS } from "./signing-form.ts";

/** By the section's title. Without a target: what a new one gets. */
export function sectionNotes(
  policy: StoredDeliveryPolicy,
  target: Target | undefined,
): Readonly<Record<string, string>> {
  const scheme = target?.signing.scheme ?? "v1";
  return {
    Filter: filterNote(policy),
    Transformation: target?.transformation ? `version ${target.transformation.version}` : "none",
    "Retries and timeout": retryNote(policy),
    Flow: flowNote(policy),
    Signing: SIGNING_OPTIONS.find(({ value }) => value === scheme)?.label ?? scheme,
  };
}

export function wantsEverything({ event_types, filter }: StoredDeliveryPolicy): boolean {
  return event_types.length === 0 && filter === null;
}

function filterNote({ event_types, filter }: StoredDeliveryPolicy): string {
  const parts = [
    ...(event_types.length > 0 ? [event_types.slice(0, 3).join(", ")] : []),
    ...(event_types.length > 3 ? [`${event_types.length - 3} more`] : []),
    ...(filter === null ? [] : ["a filter"]),
  ];
  return parts.length === 0 ? "all events" : parts.join(", ");
}

/** "12 attempts over 3 days". */
function retryNote(policy: StoredDeliveryPolicy): string {
  const { maxAttempts, waits, maxAgeMs } = parseDeliveryPolicy(policy);
  if (maxAttempts === 1) return "1 attempt, no retry";
  const limit = maxAgeMs === null ? "" : `, for at most ${lasting(maxAgeMs)}`;
  const listed = waits.strategy === "list" ? waits.listMs.length + 1 : null;
  if (maxAttempts === null && listed === null) return `attempts without limit${limit}`;
  const attempts = Math.min(maxAttempts ?? Number.POSITIVE_INFINITY, listed ?? Number.POSITIVE_INFINITY);
  return `${formatCount(attempts, "attempt")} over ${lasting(plainWaitsMs(waits, attempts - 1))}${limit}`;
}

function flowNote(policy: StoredDeliveryPolicy): string {
  const { rate_limit, rate_period, max_concurrency, order_by, circuit_failures, circuit_failure_rate } =
    policy;
  const parts = [
    ...(rate_limit === null ? [] : [`${rate_limit} per ${rate_period}`]),
    ...(max_concurrency === null ? [] : [`${max_concurrency} at once`]),
    ...(order_by === null ? [] : [order_by === "*" ? "in order" : `in order by ${order_by}`]),
    ...(circuit_failures === null && circuit_failure_rate === null ? ["no circuit breaker"] : []),
  ];
  return parts.length === 0 ? "no rate limit" : parts.join(", ");
}

const UNITS = [
  [DAY_MS, "day"],
  [HOUR_MS, "hour"],
  [MINUTE_MS, "minute"],
  [1_000, "second"],
] as const;

/** In the largest unit of which there are at least one and a half, as nobody reads hours and minutes here. */
function lasting(ms: number): string {
  const [unitMs, unit] = UNITS.find(([each]) => ms >= 1.5 * each) ?? [1_000, "second"];
  return formatCount(Math.round(ms / unitMs), unit);
}
