/** A backup is complete or names what it lacks; a restore puts it back as it was, or does nothing. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { backUp } from "../../src/storage/backup/back-up.ts";
import { restore } from "../../src/storage/backup/restore.ts";
import { lockFolder } from "../../src/storage/folder/folder-lock.ts";
import { checkDatabases } from "../../src/storage/reader/check.ts";
import { createTestMainDb, type TestMainDb } from "../support/main-db.ts";
import { appErrorOf } from "../support/thrown.ts";
import { createRetentionWorld, type RetentionWorld } from "./retention-world.ts";
import { query } from "./storage-world.ts";

let main: TestMainDb;
let world: RetentionWorld;
let userId: string;
let to: string;
let fresh: { dbPath: string; dataDir: string };

beforeEach(async () => {
  main = createTestMainDb();
  const dataDir = join(main.directory, "events");
  mkdirSync(dataDir);
  userId = main.addUser().id;
  const { id } = main.addWebhook({ userId });
  world = createRetentionWorld({ dataDir, webhookId: id });
  to = join(main.directory, "backup");
  const folder = join(main.directory, "fresh");
  fresh = { dbPath: join(folder, "webhooker.db"), dataDir: join(folder, "events") };
  for (let n = 0; n < 20; n++) await world.receive({ a: "delivered", b: "pending" });
});

afterEach(async () => {
  await world.dispose();
  main.dispose();
});

function take(values: { withKey?: boolean; tell?: (line: string) => void } = {}) {
  const { clock, dataDir } = world;
  return backUp({
    dbPath: main.path,
    dataDir,
    to,
    clock,
    version: "1.2.3",
    withKey: values.withKey ?? false,
    tell: values.tell ?? (() => undefined),
  });
}

function putBack(partial = false) {
  return restore({ ...fresh, from: to, partial, tell: () => undefined });
}

function manifest(): { files: { name: string }[]; faults: unknown[]; [key: string]: unknown } {
  return JSON.parse(readFileSync(join(to, "manifest.json"), "utf8"));
}

const nameOf = (id: string) => `events/events-${id}.db`;

describe("a backup", () => {
  test("of open files holds every event, for its owner alone, and comes back sound", async () => {
    const report = take();
    expect(report).toMatchObject({ eventFiles: 1, faults: [] });
    for (const path of ["manifest.json", "webhooker.db", nameOf(world.webhookId)]) {
      expect(statSync(join(to, path)).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(join(to, "events"))).toHaveLength(1);
    expect(putBack()).toMatchObject({ eventFiles: 1, hasKey: false, faults: [] });
    expect(checkDatabases(fresh)).toEqual({ eventFiles: 1, faults: [] });
    const restored = join(fresh.dataDir, `events-${world.webhookId}.db`);
    const ids = query<{ id: string }>(restored, "SELECT id FROM events ORDER BY id").map(({ id }) => id);
    expect(ids).toEqual(world.storedIds(world.webhookId));
    expect(statSync(restored).mode & 0o777).toBe(0o600);
  });

  test("lists its files with size and hash", () => {
    take();
    const { files, version, faults } = manifest();
    expect([version, faults]).toEqual(["1.2.3", []]);
    const [event, database] = files;
    expect(files).toHaveLength(2);
    expect<unknown>(event).toEqual({
      name: nameOf(world.webhookId),
      bytes: statSync(join(to, nameOf(world.webhookId))).size,
      sha256: new Bun.CryptoHasher("sha256")
        .update(readFileSync(join(to, nameOf(world.webhookId))))
        .digest("hex"),
      copied_at: new Date(world.clock.now()).toISOString(),
    });
    expect(database?.name).toBe("webhooker.db");
  });

  test("has the file of a webhook that is created while it runs, and its targets", () => {
    let made = "";
    // Read after each file, to report the progress.
    const clock = {
      ...world.clock,
      monotonic() {
        if (made === "" && existsSync(join(to, nameOf(world.webhookId)))) {
          made = main.addWebhook({ userId }).id;
          world.files.open(made);
          main.addTarget({ webhookId: made });
        }
        return world.clock.monotonic();
      },
    };
    const { dataDir } = world;
    const report = backUp({
      dbPath: main.path,
      dataDir,
      to,
      clock,
      version: "1",
      withKey: false,
      tell: () => undefined,
    });
    expect(report).toMatchObject({ eventFiles: 2, faults: [] });
    expect(manifest().files.map(({ name }) => name)).toContain(nameOf(made));
    expect(query(join(to, "webhooker.db"), "SELECT id FROM targets")).toHaveLength(1);
  });

  test("leaves out the file of a webhook that is deleted while it runs", () => {
    const doomed = main.addWebhook({ userId }).id;
    world.files.open(doomed);
    let isGone = false;
    const clock = {
      ...world.clock,
      monotonic() {
        if (!isGone && existsSync(join(to, nameOf(doomed)))) {
          isGone = true;
          main.mainDb.webhooks.softDelete({ id: doomed, at: 1 });
        }
        return world.clock.monotonic();
      },
    };
    const { dataDir } = world;
    const report = backUp({
      dbPath: main.path,
      dataDir,
      to,
      clock,
      version: "1",
      withKey: false,
      tell: () => undefined,
    });
    expect(isGone).toBe(true);
    expect(report).toMatchObject({ eventFiles: 1, faults: [] });
    expect(existsSync(join(to, nameOf(doomed)))).toBe(false);
  });

  test("skips damaged and missing files, and names them", async () => {
    const torn = main.addWebhook({ userId }).id;
    writeFileSync(world.files.pathOf(torn), "no database at all".repeat(300));
    const missing = main.addWebhook({ userId }).id;
    const told: string[] = [];
    const { eventFiles, faults } = take({ tell: (line) => told.push(line) });
    expect(eventFiles).toBe(1);
    expect(new Map(faults.map(({ file, fault }) => [file, fault]))).toEqual(
      new Map([
        [nameOf(torn), "file is not a database"],
        [nameOf(missing), "the file of this webhook is missing"],
      ]),
    );
    expect(told).toHaveLength(2);
    expect(putBack().faults).toHaveLength(2);
  });

  test("has the key file only when asked to", () => {
    const key = join(main.directory, "data", "webhooker.key");
    writeFileSync(key, "the key");
    take({ withKey: true });
    expect(putBack()).toMatchObject({ hasKey: true });
    expect(readFileSync(join(main.directory, "fresh", "webhooker.key"), "utf8")).toBe("the key");
  });

  test("goes into an empty folder alone", async () => {
    mkdirSync(to);
    writeFileSync(join(to, "mine"), "");
    const error = await appErrorOf(() => take());
    expect(error).toMatchObject({ kind: "conflict" });
    expect(readdirSync(to)).toEqual(["mine"]);
  });
});

describe("a restore", () => {
  test("refuses an interrupted backup, which has no manifest", async () => {
    take();
    rmSync(join(to, "manifest.json"));
    expect(await appErrorOf(() => putBack())).toMatchObject({ kind: "not_found" });
    expect(existsSync(fresh.dataDir)).toBe(false);
  });

  test("restores nothing of a backup that was changed, or the unchanged files when told to", async () => {
    take();
    appendFileSync(join(to, nameOf(world.webhookId)), "x");
    expect(await appErrorOf(() => putBack())).toMatchObject({ code: "backup_damaged" });
    expect([existsSync(fresh.dbPath), readdirSync(fresh.dataDir)]).toEqual([false, ["webhooker.lock"]]);
    expect(putBack(true)).toMatchObject({ eventFiles: 0, faults: [{ file: nameOf(world.webhookId) }] });
    expect(existsSync(fresh.dbPath)).toBe(true);
  });

  test("finds damage that was backed up, and so has the right hash", async () => {
    take();
    const path = join(to, nameOf(world.webhookId));
    const bytes = readFileSync(path);
    bytes.fill(0x55, 4096 * 3, 4096 * 5);
    writeFileSync(path, bytes);
    const hash = new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
    const { files, ...rest } = manifest();
    const changed = files.map((file) =>
      file.name === nameOf(world.webhookId) ? { ...file, sha256: hash } : file,
    );
    writeFileSync(join(to, "manifest.json"), JSON.stringify({ ...rest, files: changed }));
    expect(await appErrorOf(() => putBack())).toMatchObject({ code: "backup_damaged" });
  });

  test("overwrites nothing", async () => {
    take();
    putBack();
    const before = readFileSync(fresh.dbPath);
    expect(await appErrorOf(() => putBack())).toMatchObject({ kind: "conflict", code: "not_empty" });
    expect(readFileSync(fresh.dbPath).equals(before)).toBe(true);
  });

  test("refuses a folder that a gateway runs on", async () => {
    take();
    const unlock = lockFolder(fresh.dataDir);
    expect(await appErrorOf(() => putBack())).toMatchObject({ code: "folder_in_use" });
    unlock();
  });

  test("follows no name out of its folder", async () => {
    take();
    const { files, ...rest } = manifest();
    const [first, ...others] = files;
    writeFileSync(
      join(to, "manifest.json"),
      JSON.stringify({ ...rest, files: [{ ...first, name: "events/../../webhooker.db" }, ...others] }),
    );
    expect(await appErrorOf(() => putBack())).toMatchObject({ kind: "unavailable" });
  });
});
