import { expect, test } from "bun:test";
import { createAddressRules } from "../../src/outbound/address.ts";
import { createPlaces } from "../../src/outbound/origin.ts";

const places = createPlaces(createAddressRules([]));

test("a URL is called whatever a received head can add to the longest that is configured", () => {
  // A head has 16 KiB, and the runtime writes a byte that is no UTF-8 as nine characters.
  const path = `/${"c".repeat(8_192 - "https://example.com/".length)}?${"%EF%BF%BD".repeat(16 * 1024 - 1)}`;
  expect(places(`https://example.com${path}`)).toMatchObject({ kind: "place", path });
});

test("a URL that is longer than anything that can come in is a failure for good", () => {
  const place = places(`https://example.com/${"a".repeat(200_000)}`);
  expect(place).toMatchObject({ kind: "failed", code: "invalid_url", retryable: false });
});
