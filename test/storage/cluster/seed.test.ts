/** Copies of the leader's databases that replace a node's own. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { createSnapshots } from "../../../src/storage/backup/snapshots.ts";
import type { ArrivingCopy } from "../../../src/storage/cluster/receive-copy.ts";
import {
  type FetchCopy,
  isSeedUnfinished,
  type SeedProgress,
  stageSeed,
} from "../../../src/storage/cluster/seed.ts";
import { appErrorOf, thrownBy } from "../../support/thrown.ts";

const [FIRST, SECOND, DELETED, OLD] = [newId(), newId(), newId(), newId()];

type Folder = Readonly<{ dbPath: string; dataDir: string }>;

let directory: string;
let leader: Folder;
let own: Folder;
let opened: Database[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "webhooker-seed-"));
  const folder = (name: string) => ({
    dbPath: join(directory, name, "main", "webhooker.db"),
    dataDir: join(directory, name, "events"),
  });
  [leader, own] = [folder("leader"), folder("own")];
  opened = [];
  for (const path of [leader.dataDir, join(leader.dbPath, "..")]) mkdirSync(path, { recursive: true });
  fill(leader, [FIRST, SECOND], "new");
});

afterEach(() => {
  for (const db of opened) db.close();
  rmSync(directory, { recursive: true });
});

const pathOf = ({ dataDir }: Folder, id: string) => join(dataDir, `events-${id}.db`);

/** Left open, so that the values are in the write-ahead log. */
function write(path: string, value: string): Database {
  const db = new Database(path);
  db.run("PRAGMA journal_mode = WAL");
  db.run("CREATE TABLE texts (value TEXT)");
  db.run("INSERT INTO texts VALUES (?)", [value]);
  opened.push(db);
  return db;
}

function fill(folder: Folder, webhookIds: readonly string[], value: string): void {
  const main = write(folder.dbPath, value);
  main.run("CREATE TABLE webhooks (id TEXT PRIMARY KEY, deleted_at INTEGER)");
  main.run("INSERT INTO webhooks VALUES (?, 1)", [DELETED]);
  for (const id of webhookIds) {
    main.run("INSERT OR IGNORE INTO webhooks VALUES (?, NULL)", [id]);
    write(pathOf(folder, id), `${value} ${id}`);
  }
}

/** The folder of a node that has run before, closed as by a crash: with write-ahead logs. */
function fillOwn(webhookIds: readonly string[]): void {
  const made = { dbPath: join(directory, "made", "webhooker.db"), dataDir: join(directory, "made") };
  mkdirSync(made.dataDir);
  for (const path of [own.dataDir, join(own.dbPath, "..")]) mkdirSync(path, { recursive: true });
  fill(made, webhookIds, "old");
  for (const name of readdirSync(made.dataDir)) {
    const to = name.startsWith("events-")
      ? join(own.dataDir, name)
      : `${own.dbPath}${name.slice("webhooker.db".length)}`;
    writeFileSync(to, readFileSync(join(made.dataDir, name)));
  }
}

function valueIn(path: string): string | undefined {
  const db = new Database(path, { readwrite: true, create: false });
  try {
    return db.query<{ value: string }, []>("SELECT value FROM texts").get()?.value;
  } finally {
    db.close();
  }
}

/** As the leader gives them. */
const fetchCopy: FetchCopy = async ({ webhookId }) => {
  const snapshots = createSnapshots(leader);
  const { path, ...facts } = await (webhookId === null
    ? snapshots.ofMainDatabase()
    : snapshots.ofEvents(webhookId));
  const bytes = readFileSync(path);
  await snapshots.discard(path);
  return { ...facts, body: parted(bytes) };
};

async function* parted(bytes: Uint8Array) {
  for (let at = 0; at < bytes.byteLength; at += 5_000) yield bytes.subarray(at, at + 5_000);
}

/** Alters the copy of one webhook's event file. */
function spoiling(id: string, spoil: (copy: ArrivingCopy) => Partial<ArrivingCopy> | null): FetchCopy {
  return async (what, signal) => {
    const copy = await fetchCopy(what, signal);
    if (what.webhookId !== id || copy === null) return copy;
    const spoilt = spoil(copy);
    return spoilt && { ...copy, ...spoilt };
  };
}

type Asked = Omit<Parameters<typeof seedAs>[0], "prepare">;

async function seedFrom(asked: Asked) {
  return seedAs({ ...asked, prepare: () => "all" });
}

async function seedAs(options: Parameters<typeof stageSeed>[0]) {
  const { missing, putInPlace } = await stageSeed(options);
  putInPlace();
  return { missing };
}
const seedMain = (asked: Asked) => seedAs({ ...asked, prepare: () => "missing" });

const names = (folder: string) => readdirSync(folder).sort();
const filesOf = (...ids: string[]) => ids.map((id) => `events-${id}.db`).sort();

test("an empty folder gets what the leader has, committed a moment ago, for this user alone", async () => {
  const wal = (path: string) => statSync(`${path}-wal`).size;
  expect([wal(leader.dbPath), wal(pathOf(leader, FIRST))].every((size) => size > 0)).toBe(true);
  expect(await seedFrom({ ...own, fetchCopy })).toEqual({ missing: [] });
  expect(valueIn(own.dbPath)).toBe("new");
  for (const id of [FIRST, SECOND]) expect(valueIn(pathOf(own, id))).toBe(`new ${id}`);
  expect(names(own.dataDir)).toEqual(filesOf(FIRST, SECOND));
  expect(names(join(own.dbPath, ".."))).toEqual(["webhooker.db"]);
  expect(statSync(own.dbPath).mode & 0o777).toBe(0o600);
  expect(isSeedUnfinished(own.dataDir)).toBe(false);
  expect(names(leader.dataDir).filter((name) => !name.startsWith("events-"))).toEqual([]);
});

test("old files are replaced with their write-ahead logs, and those of other webhooks deleted", async () => {
  fillOwn([FIRST, OLD, DELETED]);
  expect(existsSync(`${pathOf(own, FIRST)}-wal`)).toBe(true);
  await seedFrom({ ...own, fetchCopy });
  expect(names(own.dataDir)).toEqual(filesOf(FIRST, SECOND));
  expect(names(join(own.dbPath, ".."))).toEqual(["webhooker.db"]);
  expect([valueIn(own.dbPath), valueIn(pathOf(own, FIRST))]).toEqual(["new", `new ${FIRST}`]);
});

test("the main database alone is replaced, missing event files are fetched, and superfluous ones deleted", async () => {
  fillOwn([FIRST, OLD]);
  const wal = readFileSync(`${pathOf(own, FIRST)}-wal`);
  await seedMain({ ...own, fetchCopy });
  expect(readFileSync(`${pathOf(own, FIRST)}-wal`).equals(wal)).toBe(true);
  expect([valueIn(own.dbPath), valueIn(pathOf(own, FIRST)), valueIn(pathOf(own, SECOND))]).toEqual([
    "new",
    `old ${FIRST}`,
    `new ${SECOND}`,
  ]);
  expect(names(own.dataDir)).toEqual(filesOf(FIRST, SECOND));
});

test("the event file of a webhook that only the old main database has deleted is replaced too", async () => {
  fillOwn([FIRST, SECOND]);
  const main = new Database(own.dbPath);
  main.run("UPDATE webhooks SET deleted_at = 1 WHERE id = ?", [SECOND]);
  main.close();
  await seedMain({ ...own, fetchCopy });
  expect([valueIn(pathOf(own, FIRST)), valueIn(pathOf(own, SECOND))]).toEqual([
    `old ${FIRST}`,
    `new ${SECOND}`,
  ]);
});

test("a webhook that the leader has deleted meanwhile is reported, and its old file is gone", async () => {
  fillOwn([SECOND]);
  expect(await seedFrom({ ...own, fetchCopy: spoiling(SECOND, () => null) })).toEqual({ missing: [SECOND] });
  expect(names(own.dataDir)).toEqual(filesOf(FIRST));
});

describe("nothing is replaced", () => {
  const text = new TextEncoder().encode("no database ".repeat(1_000));
  const sha256 = new Bun.CryptoHasher("sha256").update(text).digest("hex");

  test.each<[what: string, spoil: (copy: ArrivingCopy) => Partial<ArrivingCopy>]>([
    ["has another hash", () => ({ sha256: "0".repeat(64) })],
    ["ends too early", ({ bytes }) => ({ bytes: bytes + 1 })],
    ["does not end in time", ({ bytes }) => ({ bytes: bytes - 1 })],
    ["is no database", () => ({ bytes: text.byteLength, sha256, body: parted(text) })],
    ["is larger than the disk", () => ({ bytes: Number.MAX_SAFE_INTEGER })],
    ["breaks off", () => ({ body: breaking() })],
  ])("if a copy %s", async (_, spoil) => {
    fillOwn([FIRST, OLD]);
    const before = [names(own.dataDir), names(join(own.dbPath, ".."))];
    await thrownBy(() => seedFrom({ ...own, fetchCopy: spoiling(SECOND, spoil) }));
    expect([names(own.dataDir), names(join(own.dbPath, ".."))]).toEqual(before);
    expect(isSeedUnfinished(own.dataDir)).toBe(false);
    expect([valueIn(own.dbPath), valueIn(pathOf(own, FIRST))]).toEqual(["old", `old ${FIRST}`]);
  });

  test("once the signal is aborted, in the middle of a copy", async () => {
    fillOwn([FIRST]);
    const stop = new AbortController();
    const reason = await thrownBy(() =>
      seedFrom({
        ...own,
        fetchCopy,
        signal: stop.signal,
        onProgress: ({ files, bytes }) => files > 0 && bytes > 0 && stop.abort(),
      }),
    );
    expect(reason).toBe(stop.signal.reason);
    expect(valueIn(own.dbPath)).toBe("old");
  });

  test("if the leader's main database or an event file is of a later version", async () => {
    fillOwn([FIRST]);
    for (const path of [pathOf(leader, SECOND), leader.dbPath]) {
      for (const db of opened) if (db.filename === path) db.run("PRAGMA user_version = 9999");
      const error = await appErrorOf(() => seedFrom({ ...own, fetchCopy }));
      expect([error.kind, error.code, error.hint]).toEqual([
        ...["conflict", "leader_is_newer"],
        expect.stringContaining("upgrade this node first"),
      ]);
      expect(valueIn(own.dbPath)).toBe("old");
    }
  });

  test("and errors say what is wrong", async () => {
    const wrong = spoiling(FIRST, () => ({ sha256: "0".repeat(64) }));
    expect(await appErrorOf(() => seedFrom({ ...own, fetchCopy: wrong }))).toMatchObject({
      kind: "unavailable",
      code: "copy_damaged",
    });
    const huge = spoiling(FIRST, () => ({ bytes: Number.MAX_SAFE_INTEGER }));
    expect((await appErrorOf(() => seedFrom({ ...own, fetchCopy: huge }))).code).toBe("too_little_space");
  });
});

test("files that could not all be replaced are marked, until a seeding ends", async () => {
  fillOwn([FIRST]);
  // Like a crash between two files: the second cannot be put in place.
  const obstacle = join(pathOf(own, SECOND), "obstacle");
  mkdirSync(obstacle, { recursive: true });
  await thrownBy(() => seedFrom({ ...own, fetchCopy }));
  expect([valueIn(pathOf(own, FIRST)), valueIn(own.dbPath)]).toEqual([`new ${FIRST}`, "old"]);
  expect(isSeedUnfinished(own.dataDir)).toBe(true);
  rmSync(pathOf(own, SECOND), { recursive: true });
  await seedFrom({ ...own, fetchCopy });
  expect(isSeedUnfinished(own.dataDir)).toBe(false);
  expect(valueIn(own.dbPath)).toBe("new");
});

test("what an earlier attempt has left is removed first", async () => {
  fillOwn([]);
  const left = [join(own.dataDir, `.seed-events-${FIRST}.db`), join(own.dbPath, "..", ".seed-webhooker.db")];
  for (const path of left) writeFileSync(path, "half of it");
  await seedFrom({ ...own, fetchCopy });
  expect(left.some((path) => existsSync(path))).toBe(false);
});

test("two event files are fetched at a time, and the others given up when one fails", async () => {
  const more = [newId(), newId()];
  const main = opened[0];
  for (const id of more) {
    main?.run("INSERT INTO webhooks VALUES (?, NULL)", [id]);
    write(pathOf(leader, id), "more");
  }
  const asked: string[] = [];
  const fails = Promise.withResolvers<null>();
  const failing = seedFrom({
    ...own,
    async fetchCopy(what, signal) {
      if (what.webhookId === null) return fetchCopy(what, signal);
      asked.push(what.webhookId);
      if (asked.length === 1) return fails.promise;
      fails.reject(new Error("the leader is gone"));
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      signal.throwIfAborted();
      return null;
    },
  });
  expect(await thrownBy(() => failing)).toMatchObject({ message: "the leader is gone" });
  expect(asked).toHaveLength(2);
});

test("progress tells the files and bytes that have arrived", async () => {
  const told: SeedProgress[] = [];
  await seedFrom({ ...own, fetchCopy, onProgress: (progress) => told.push(progress) });
  const sizes = [own.dbPath, pathOf(own, FIRST), pathOf(own, SECOND)].map((path) => statSync(path).size);
  expect(told[0]).toEqual({ files: 0, filesInAll: null, bytes: 5_000 });
  expect(told).toContainEqual({ files: 1, filesInAll: 3, bytes: sizes[0] ?? 0 });
  expect(told.at(-1)).toEqual({ files: 3, filesInAll: 3, bytes: sizes.reduce((sum, size) => sum + size, 0) });
});

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(10);
  throw new Error("connection reset");
}
