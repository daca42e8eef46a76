/** A file that is damaged, newer or out of reach makes only its own webhook unavailable. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { newId } from "../../src/lib/ids.ts";
import { appErrorOf } from "../support/thrown.ts";
import {
  createStorageWorld,
  openDescriptors,
  pendingFor,
  query,
  type StorageWorld,
  turn,
  whileReadOnly,
} from "./storage-world.ts";

const RETRY_MS = 5_000;
const PAGE = 4_096;

let world: StorageWorld;
let webhookId: string;
let path: string;

beforeEach(() => {
  world = createStorageWorld();
  webhookId = newId();
  path = world.files.pathOf(webhookId);
});

afterEach(() => world.dispose());

/** Stores events so that the closed file has several pages. */
async function fill(): Promise<void> {
  for (let n = 0; n < 5; n++) {
    await world.append({ webhookId, body: Buffer.alloc(3_000, 97), targets: [pendingFor("target")] });
  }
  await world.files.closeAll();
}

/** Overwrites all pages except the schema's, so that the first statement beyond the schema finds the damage. */
function overwritePages(): void {
  const schema = query<{ pageno: number }>(path, "SELECT pageno FROM dbstat WHERE name = 'sqlite_schema'");
  const kept = new Set(schema.map(({ pageno }) => pageno));
  const file = openSync(path, "r+");
  const pages = statSync(path).size / PAGE;
  for (let page = 1; page <= pages; page++) {
    if (!kept.has(page)) writeSync(file, Buffer.alloc(PAGE, 0xff), 0, PAGE, (page - 1) * PAGE);
  }
  closeSync(file);
}

async function expectUnavailable(code: string): Promise<void> {
  const error = await appErrorOf(() => world.append({ webhookId, targets: [pendingFor("target")] }));
  expect(error).toMatchObject({ kind: "unavailable", code });
  expect(error.message).toContain(webhookId);
  expect(error.hint).toBeString();
  const other = newId();
  const { id } = await world.append({ webhookId: other });
  expect(world.storedIds(other)).toEqual([id]);
}

async function appendOnceRepaired(): Promise<{ id: string }> {
  for (;;) {
    try {
      return await world.append({ webhookId });
    } catch {
      await turn();
    }
  }
}

describe("a damaged file", () => {
  test("of garbage is refused with its webhook's name and a hint", async () => {
    writeFileSync(path, "this is no database ".repeat(1_000));
    await expectUnavailable("event_file_damaged");
    expect(readFileSync(path, "utf8")).toBe("this is no database ".repeat(1_000));
  });

  test("with overwritten pages is refused", async () => {
    await fill();
    overwritePages();
    await expectUnavailable("event_file_damaged");
  });

  test("cut short is refused", async () => {
    await fill();
    truncateSync(path, PAGE * 2);
    await expectUnavailable("event_file_damaged");
  });

  test("is read as far as possible, with a clear error for the rest", async () => {
    await fill();
    truncateSync(path, PAGE * 2);
    const error = await appErrorOf(() =>
      world.events.searchEvents(webhookId, { limit: 10, cursor: null, filter: {} }),
    );
    expect(error).toMatchObject({ kind: "unavailable", code: "event_file_damaged" });
  });

  test("is retried after a while, and used once it was restored", async () => {
    writeFileSync(path, "x".repeat(5_000));
    await expectUnavailable("event_file_damaged");
    rmSync(path);
    await expectUnavailable("event_file_damaged");
    world.clock.advance(RETRY_MS);
    const { id } = await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toEqual([id]);
  });

  test("that fails while it is open is closed, so that it can be restored at once", async () => {
    await fill();
    const good = readFileSync(path);
    const file = world.files.open(webhookId);
    overwritePages();
    await expectUnavailable("event_file_damaged");
    while (openDescriptors(path).length > 0) await turn();
    expect(() => file.wal.ask()).toThrow();
    for (const name of readdirSync(world.dataDir)) {
      if (name.includes(webhookId)) rmSync(join(world.dataDir, name));
    }
    writeFileSync(path, good);
    // The WAL could not be copied back into the damaged file; that must succeed before the file takes events again.
    world.clock.advance(RETRY_MS);
    const { id } = await appendOnceRepaired();
    expect(world.storedIds(webhookId)).toContain(id);
    expect(world.storedIds(webhookId)).toHaveLength(6);
  });

  test("leaves no open descriptor, however often it is retried", async () => {
    writeFileSync(path, "x".repeat(5_000));
    for (let n = 0; n < 5; n++) {
      await appErrorOf(() => world.append({ webhookId }));
      world.clock.advance(RETRY_MS);
    }
    expect(openDescriptors(world.dataDir)).toEqual([]);
  });
});

describe("a file of a newer version", () => {
  function makeNewer(journalMode: "WAL" | "DELETE"): void {
    const db = new Database(path);
    db.run("PRAGMA user_version = 1000");
    db.run(`PRAGMA journal_mode = ${journalMode}`);
    db.close();
  }

  // A copy made by VACUUM INTO, such as a backup, is not in WAL mode.
  test.each(["WAL", "DELETE"] as const)("in %s mode is refused and not touched", async (journalMode) => {
    await fill();
    makeNewer(journalMode);
    const before = readFileSync(path);
    await expectUnavailable("newer_database");
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test("that a crash left with its WAL is not changed, nor is the WAL", async () => {
    await fill();
    const elsewhere = `${path}.copy`;
    copyFileSync(path, elsewhere);
    const newer = new Database(elsewhere);
    newer.run("PRAGMA user_version = 1000");
    const before = [readFileSync(elsewhere), readFileSync(`${elsewhere}-wal`)] as const;
    newer.close();
    writeFileSync(path, before[0]);
    writeFileSync(`${path}-wal`, before[1]);
    await expectUnavailable("newer_database");
    expect(readFileSync(path).equals(before[0])).toBe(true);
    expect(readFileSync(`${path}-wal`).equals(before[1])).toBe(true);
    expect(openDescriptors(path)).toEqual([]);
  });
});

describe("a folder", () => {
  test("that is read-only makes its webhooks unavailable, and is used again once it is writable", async () => {
    const error = await appErrorOf(() => whileReadOnly(world.dataDir, () => world.files.open(webhookId)));
    expect(error).toMatchObject({ kind: "unavailable", code: "event_file_unavailable" });
    world.clock.advance(RETRY_MS);
    const { id } = await world.append({ webhookId });
    expect(world.storedIds(webhookId)).toEqual([id]);
  });

  test("where the file's name is taken by a folder makes that webhook unavailable", async () => {
    mkdirSync(path);
    await expectUnavailable("event_file_unavailable");
  });
});
