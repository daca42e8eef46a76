/** Only large files are read ahead, if they fit into memory; a missing file is no fault. */
import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isWorthReadingAhead, readAhead } from "../../../src/storage/sqlite/read-ahead.ts";

const GB = 1024 ** 3;

test("a file is worth reading ahead if it is large and fits into most of the free memory", () => {
  expect(isWorthReadingAhead(2 * GB, 4 * GB)).toBe(true);
  expect(isWorthReadingAhead(3 * GB, 4 * GB)).toBe(false);
  expect(isWorthReadingAhead(1024 ** 2, 4 * GB)).toBe(false);
});

test("a file is read to its end, whatever its length", () => {
  const folder = mkdtempSync(join(tmpdir(), "webhooker-ahead-"));
  const path = join(folder, "large");
  writeFileSync(path, "");
  for (const bytes of [0, 1, 4 * 1024 ** 2, 9 * 1024 ** 2 + 1]) {
    truncateSync(path, bytes);
    expect(readAhead(path)).toBe(bytes);
  }
  expect(readAhead(join(folder, "missing"))).toBe(0);
  rmSync(folder, { recursive: true });
});
