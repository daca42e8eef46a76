/** The watch reports once when the folder or the main database is gone, and once when it is back. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFolder } from "../../../src/storage/folder/folder-lock.ts";
import { type FolderWatch, watchFolder } from "../../../src/storage/folder/folder-watch.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { createRecordingLog } from "../../support/recording-log.ts";

let folder: string;
let dataDir: string;
let dbPath: string;
let clock: FakeClock;
let lines: ReturnType<typeof createRecordingLog>["lines"];
let watch: FolderWatch;
let unlock: () => void;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "webhooker-watch-"));
  dataDir = join(folder, "events");
  dbPath = join(folder, "main.db");
  writeFileSync(dbPath, "");
  unlock = lockFolder(dataDir);
  clock = createFakeClock();
  const { log, lines: logged } = createRecordingLog();
  lines = logged;
  watch = watchFolder({ dataDir, dbPath, clock, log });
  watch.start();
});
afterEach(() => {
  watch.stop();
  unlock();
  rmSync(folder, { recursive: true });
});

const told = () => lines.map(({ level, message, fields }) => `${level}: ${message} ${fields.path}`);

test("nothing is reported while both are in place", () => {
  clock.advance(60_000);
  expect([watch.isInPlace(), watch.findLost(), told()]).toEqual([true, null, []]);
});

test("a moved folder, with or without another in its place, is reported once, and its return once", () => {
  renameSync(dataDir, `${dataDir}.away`);
  expect(watch.isInPlace()).toBe(false);
  clock.advance(10_000);
  mkdirSync(dataDir);
  clock.advance(10_000);
  expect(watch.findLost()).toBe("the data folder");
  expect(told()).toEqual([expect.stringMatching(/^error: the data folder is not where it was.*events$/)]);
  expect(lines[0]?.fields.hint).toBeString();
  rmSync(dataDir, { recursive: true });
  renameSync(`${dataDir}.away`, dataDir);
  clock.advance(10_000);
  expect([watch.isInPlace(), watch.findLost()]).toEqual([true, null]);
  expect(told()[1]).toStartWith("info: the data folder is back");
});

test("a replaced main database is reported", () => {
  rmSync(dbPath);
  // Created under another name first: otherwise it may get the inode of the deleted file.
  writeFileSync(`${dbPath}.other`, "");
  writeFileSync(dbPath, "");
  clock.advance(2_000);
  expect([watch.isInPlace(), watch.findLost()]).toEqual([false, "the main database"]);
});
