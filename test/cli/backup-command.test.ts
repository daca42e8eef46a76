/** A backup tells what it contains, and no more. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeTestFolder } from "../support/folder.ts";
import { runCommand } from "../support/run-command.ts";

let folder: string;
let environment: Record<string, string>;

const path = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = makeTestFolder("backup-command");
  environment = { DBURL: path("webhooker.db"), DATA_DIR: path("events") };
  await runCommand(["user", "add", "admin"], { environment, stdin: "correct horse battery staple" });
  mkdirSync(path("events"));
});

afterEach(() => rmSync(folder, { recursive: true }));

test("without the main database it does not say that this was backed up", async () => {
  writeFileSync(path("webhooker.db"), "torn ".repeat(2_000));
  const { code, out, err } = await runCommand(["backup", path("copy")], { environment });
  expect([code, out]).toEqual([1, [`Backed up 0 event files, 0 bytes, to ${path("copy")}.`]]);
  expect(err).toContain("webhooker.db: file is not a database");
});

test("without a readable key file it is complete but for that", async () => {
  mkdirSync(path("webhooker.key"));
  const { code, out, err } = await runCommand(["backup", path("copy"), "--with-key"], { environment });
  expect([code, out[0]]).toEqual([
    1,
    expect.stringContaining("Backed up the main database and 0 event files"),
  ]);
  expect(err).toEqual([
    "webhooker.key: it cannot be read (EISDIR)",
    "webhooker: 1 file could not be copied; everything else was backed up.",
    "Find the cause with: webhooker check.",
  ]);
  const { faults } = JSON.parse(readFileSync(path("copy/manifest.json"), "utf8"));
  expect(faults).toEqual([{ file: "webhooker.key", fault: "it cannot be read (EISDIR)" }]);
});
