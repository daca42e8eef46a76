/** A long reader reports a long WAL, and lets it be restarted before it reads on. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { walBytesOf } from "../../../src/storage/sqlite/file-size.ts";
import { hasGrownLong, waitForWal } from "../../../src/storage/sqlite/wal-in-use.ts";

const MIB = 1024 * 1024;

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-wal-"));
  path = join(folder, "events.db");
});

afterEach(() => rmSync(folder, { recursive: true }));

function writeWal(bytes: number): void {
  writeFileSync(`${path}-wal`, "");
  truncateSync(`${path}-wal`, bytes);
}

test("a WAL is reported each time that it has grown by a GiB", () => {
  const lengths = [1_000, 262_000, 263_000, 264_000, 524_000, 525_000];
  const told = lengths.filter((pages, index) => hasGrownLong(pages, lengths[index - 1] ?? 0));
  expect(told).toEqual([263_000, 525_000]);
});

test("the wait for a WAL that has grown ends when it is cut", async () => {
  writeWal(100 * MIB);
  const cut = Bun.spawn([process.execPath, "-e", `fs.truncateSync(${JSON.stringify(`${path}-wal`)}, 0)`]);
  waitForWal(path, 0);
  expect(walBytesOf(path)).toBe(0);
  expect(await cut.exited).toBe(0);
});

test("there is no wait if the WAL is missing, short or was as long before, and any wait ends", () => {
  const forEver = Number.POSITIVE_INFINITY;
  waitForWal(path, 0, forEver);
  writeWal(10 * MIB);
  waitForWal(path, 0, forEver);
  writeWal(100 * MIB);
  waitForWal(path, 100 * MIB, forEver);
  waitForWal(path, 0, 0);
  expect(walBytesOf(path)).toBe(100 * MIB);
});
