/** Keys and placeholders that an export gives. */
import { expect, test } from "bun:test";
import { createPlaceholders, keysOf } from "../../src/webhooks/config/export-names.ts";

const row = (id: string, name: string, key: string | null = null) => ({ id, name, key });

test("objects without a key get one of their names, and no two the same", () => {
  const rows = [
    row("1", "Web Shop!"),
    row("2", "Größe & Ärger"),
    row("3", "注文"),
    row("4", "web-shop"),
    row("5", "other", "web-shop-2"),
    row("6", "x".repeat(200)),
    row("7", "x".repeat(201)),
  ];
  expect([...keysOf(rows).values()]).toEqual([
    "web-shop",
    "gro-e-arger",
    "unnamed",
    "web-shop-3",
    "web-shop-2",
    "x".repeat(64),
    `${"x".repeat(62)}-2`,
  ]);
});

test("thousands of objects with one name are numbered without a search for each", () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => row(String(index), "Shop"));
  const keys = [...keysOf(rows).values()];
  expect([keys[1], keys.at(-1), new Set(keys).size]).toEqual(["shop-2", "shop-20000", 20_000]);
});

test("placeholders name variables that a shell can set, each secret its own", () => {
  const placeholder = createPlaceholders();
  expect([
    placeholder(["shop", "in", "secret"]),
    placeholder(["shop-in", "secret"]),
    placeholder(["7-eleven", "x-api-key"]),
  ]).toEqual(["SHOP_IN_SECRET", "SHOP_IN_SECRET_2", "_7_ELEVEN_X_API_KEY"].map((name) => `\${env:${name}}`));
});
