import { expect, test } from "bun:test";
import { deliveryPolicySchema, parseDeliveryPolicy } from "../../src/targets/delivery-policy.ts";

test("a policy that says nothing tries twelve times, thirty seconds each", () => {
  expect(parseDeliveryPolicy({})).toEqual({ maxAttempts: 12, timeoutMs: 30_000 });
});

test("no retry and no limit are both possible", () => {
  expect(parseDeliveryPolicy({ max_attempts: 1 }).maxAttempts).toBe(1);
  expect(parseDeliveryPolicy({ max_attempts: null }).maxAttempts).toBeNull();
});

test("what makes no sense is refused", () => {
  for (const wrong of [
    { max_attempts: 0 },
    { max_attempts: 1.5 },
    { max_attempts: "3" },
    { timeout_ms: 999 },
    { timeout_ms: 120_001 },
    { timeout_ms: null },
    { retries: 3 },
    null,
  ]) {
    expect([wrong, deliveryPolicySchema.safeParse(wrong).success]).toEqual([wrong, false]);
  }
});
