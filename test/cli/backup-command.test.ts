/** A backup tells what it contains, and no more. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type CommandFolder, makeCommandFolder } from "../support/command-folder.ts";

let folder: CommandFolder;

beforeEach(async () => {
  folder = await makeCommandFolder("backup-command");
});

afterEach(() => folder.remove());

test("without the main database it does not say that this was backed up", async () => {
  writeFileSync(folder.path("webhooker.db"), "torn ".repeat(2_000));
  const { code, out, err } = await folder.run(["backup", folder.path("copy")]);
  expect([code, out]).toEqual([1, [`Backed up 0 event files, 0 bytes, to ${folder.path("copy")}.`]]);
  expect(err).toContain("webhooker.db: file is not a database");
});

test("without a readable key file it is complete but for that", async () => {
  mkdirSync(folder.path("webhooker.key"));
  const { code, out, err } = await folder.run(["backup", folder.path("copy"), "--with-key"]);
  expect([code, out[0]]).toEqual([
    1,
    expect.stringContaining("Backed up the main database and 0 event files"),
  ]);
  expect(err).toEqual([
    "webhooker.key: it cannot be read (EISDIR)",
    "webhooker: 1 file could not be copied; everything else was backed up.",
    "Find the cause with: webhooker check.",
  ]);
  const { faults } = JSON.parse(readFileSync(folder.path("copy/manifest.json"), "utf8"));
  expect(faults).toEqual([{ file: "webhooker.key", fault: "it cannot be read (EISDIR)" }]);
});
