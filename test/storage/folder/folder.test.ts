/** A new folder is durable, with every parent created for it. */
import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "../../../src/storage/folder/folder.ts";

let base: string;

beforeEach(() => {
  base = fs.mkdtempSync(join(tmpdir(), "webhooker-folder-"));
});

afterEach(() => fs.rmSync(base, { recursive: true }));

test("a new folder and its parents are for their owner alone", () => {
  makeFolder(join(base, "a", "b"));
  for (const path of [join(base, "a"), join(base, "a", "b")]) {
    expect(fs.statSync(path).mode & 0o777).toBe(0o700);
  }
});

test("every folder that got a new entry is synced, and none for an existing folder", () => {
  const opened = spyOn(fs, "openSync");
  makeFolder(join(base, "a", "b"));
  expect(opened.mock.calls.map(([path]) => path)).toEqual([join(base, "a"), base]);
  opened.mockClear();
  makeFolder(join(base, "a", "b"));
  expect(opened).not.toHaveBeenCalled();
  opened.mockRestore();
});
