/** A restore that cannot write blames the disk or the folder, not the backup, and removes nothing that was there. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashFile } from "../../../src/storage/backup/hashed-copy.ts";
import { writeManifest } from "../../../src/storage/backup/manifest.ts";
import { restore } from "../../../src/storage/backup/restore.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../../support/small-disk.ts";
import { appErrorOf } from "../../support/thrown.ts";

const NOW = "2030-01-31T00:00:00.000Z";
const MEGABYTE = 1024 * 1024;

let folder: string;
let from: string;
let where: { dbPath: string; dataDir: string };

beforeEach(() => {
  folder = makeTestFolder("restore");
  from = join(folder, "backup");
  where = { dbPath: join(folder, "state", "webhooker.db"), dataDir: join(folder, "events") };
  for (const path of [from, join(folder, "state")]) mkdirSync(path);
  backUp();
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Its files are refused before anybody looks into them. */
function backUp(): void {
  const sizes = { "webhooker.key": 10, "webhooker.db": 2 * MEGABYTE };
  const files = Object.entries(sizes).map(([name, bytes]) => {
    writeFileSync(join(from, name), new Uint8Array(bytes));
    return { name, ...hashFile({ from: join(from, name) }), copied_at: NOW };
  });
  writeManifest(from, { version: "1.2.3", started_at: NOW, ended_at: NOW, files, faults: [] });
}

const putBack = () => restore({ ...where, from, partial: true, tell: () => undefined });

describe("a restore", () => {
  test("overwrites and removes no link, though it leads nowhere yet", async () => {
    symlinkSync(join(folder, "not-mounted", "webhooker.db"), where.dbPath);
    expect(await appErrorOf(putBack)).toMatchObject({ code: "not_empty" });
    expect(lstatSync(where.dbPath).isSymbolicLink()).toBe(true);
  });

  test.if(mayMount())("leaves nothing where the disk of the main database is full, and says so", async () => {
    const state = join(folder, "state");
    mountSmallDisk(state, 1);
    try {
      const error = await appErrorOf(putBack);
      expect(error).toMatchObject({ code: "copy_not_written", kind: "unavailable" });
      expect(error.message).toBe(`${where.dbPath} cannot be written (ENOSPC).`);
      expect(error.hint).toStartWith("The disk is full");
      expect(readdirSync(state)).toEqual([]);
    } finally {
      unmountSmallDisk(state);
    }
  });
});

describe("a hashed copy", () => {
  test("tells by its error whether the copy or the original is at fault", async () => {
    const there = join(from, "webhooker.key");
    const to = join(folder, "missing", "copy");
    expect((await appErrorOf(() => hashFile({ from: there, to }))).message).toContain(
      `${to} cannot be written`,
    );
    expect(() => hashFile({ from: join(from, "missing"), to: join(folder, "copy") })).toThrow("ENOENT");
  });
});
