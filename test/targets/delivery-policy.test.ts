import { expect, test } from "bun:test";
import {
  deliveryPolicyFields,
  deliveryPolicySchema,
  parseDeliveryPolicy,
} from "../../src/targets/delivery-policy.ts";
import { filterPolicyFields } from "../../src/targets/filter-policy.ts";

test("the default policy makes twelve attempts of thirty seconds each, with growing delays", () => {
  expect(parseDeliveryPolicy({})).toEqual({
    maxAttempts: 12,
    timeoutMs: 30_000,
    waits: {
      strategy: "exponential",
      firstMs: 5_000,
      factor: 3.2,
      stepMs: 0,
      longestMs: 86_400_000,
      listMs: [],
      jitter: 0.15,
    },
    maxAgeMs: null,
    noRetryStatuses: new Set(),
    deactivatesWhenGone: true,
    throttle: {
      rate: null,
      concurrency: null,
      orderBy: null,
      circuit: { failures: 10, failureRate: null },
    },
  });
});

test("no retry and no limit are both possible", () => {
  expect(parseDeliveryPolicy({ max_attempts: 1 }).maxAttempts).toBe(1);
  expect(parseDeliveryPolicy({ max_attempts: null }).maxAttempts).toBeNull();
});

test("a throttle policy is converted for the engine", () => {
  const sent = { rate_limit: 90, rate_period: "minute", max_concurrency: 2, order_by: "data.object.id" };
  expect(parseDeliveryPolicy({ ...sent, circuit_failures: null, circuit_failure_rate: 50 }).throttle).toEqual(
    {
      rate: { limit: 90, periodMs: 60_000 },
      concurrency: 2,
      orderBy: "data.object.id",
      circuit: { failures: null, failureRate: 0.5 },
    },
  );
});

test("each field has a form field", () => {
  const fields = [...deliveryPolicyFields, ...filterPolicyFields];
  expect(fields.map(({ name }) => name).sort()).toEqual(Object.keys(deliveryPolicySchema.shape).sort());
});

test("invalid policies are refused", () => {
  for (const wrong of [
    { max_attempts: 0 },
    { max_attempts: 1.5 },
    { max_attempts: "3" },
    { timeout_ms: 999 },
    { rate_limit: 0 },
    { rate_period: "day" },
    { max_concurrency: 65 },
    ...["", ".", "a..b", "a b", ".a"].map((order_by) => ({ order_by })),
    { circuit_failure_rate: 101 },
    { timeout_ms: 120_001 },
    { timeout_ms: null },
    { retries: 3 },
    { retry_strategy: "random" },
    { retry_strategy: "list" },
    { retry_strategy: "list", retry_delays_seconds: [] },
    { retry_delays_seconds: [0] },
    { retry_delays_seconds: [604_801] },
    { retry_delays_seconds: Array.from({ length: 51 }, () => 1) },
    { retry_delay_seconds: 0 },
    { retry_factor: 0.9 },
    { retry_factor: 11 },
    { retry_step_seconds: -1 },
    { retry_max_delay_seconds: 604_801 },
    { retry_jitter_percent: 51 },
    { max_age_hours: 0 },
    { max_age_hours: 8_761 },
    { on_gone: "ignore" },
    null,
  ]) {
    expect([wrong, deliveryPolicySchema.safeParse(wrong).success]).toEqual([wrong, false]);
  }
});

test("statuses without retry are given by number, range or class", () => {
  for (const right of ["404", " 404 ", "500-599", "404-404", "4xx", "5XX"]) {
    const policy = { no_retry_statuses: [right] };
    expect([right, deliveryPolicySchema.safeParse(policy).success]).toEqual([right, true]);
  }
  for (const wrong of ["", "40", "4040", "x", "6xx", "404-", "499-400", ">400", "404,405", 404]) {
    const policy = { no_retry_statuses: [wrong] };
    expect([wrong, deliveryPolicySchema.safeParse(policy).success]).toEqual([wrong, false]);
  }
});
