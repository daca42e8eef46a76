import { expect, test } from "bun:test";
import { fileNameOf } from "../../src/lib/file-name.ts";

test.each([
  ["Orders", "orders"],
  ["  Orders & Refunds (EU) ", "orders-refunds-eu"],
  ["Zahlungen für Köln", "zahlungen-fur-koln"],
  ['../../etc/"passwd"\r\n', "etc-passwd"],
  ["注文", "webhook"],
  ["", "webhook"],
  [`${"a".repeat(59)} b`, "a".repeat(59)],
])("the file of %j is called %s", (name, file) => {
  expect(fileNameOf(name, "webhook")).toBe(file);
});
