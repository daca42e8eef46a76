import { expect, test } from "bun:test";
import { createAddressRules } from "../../src/outbound/address.ts";
import { createOrigins } from "../../src/outbound/origin.ts";

const originOf = createOrigins(createAddressRules([]));

test("a URL of maximum configured length can be extended by a received head of maximum size", () => {
  // A head has 16 KiB, and the runtime encodes a byte that is not UTF-8 as nine characters.
  const path = `/${"c".repeat(8_192 - "https://example.com/".length)}?${"%EF%BF%BD".repeat(16 * 1024 - 1)}`;
  expect(originOf(`https://example.com${path}`)).toMatchObject({ kind: "origin", path });
});

test("a URL longer than anything that can be received is a permanent failure", () => {
  const origin = originOf(`https://example.com/${"a".repeat(200_000)}`);
  expect(origin).toMatchObject({ kind: "failed", code: "invalid_url", retryable: false });
});
