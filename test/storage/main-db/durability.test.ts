/**
 * In a running gateway nothing syncs or checkpoints the main database on the event loop, and no response is sent before
 * its data is on disk.
 */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  type EventFileUpkeep,
  startEventFileUpkeep,
} from "../../../src/storage/event-files/event-file-upkeep.ts";
import { leaveSyncsTo } from "../../../src/storage/main-db/durability.ts";
import { type MainDb, openMainDb } from "../../../src/storage/main-db/open.ts";
import { openDatabase } from "../../../src/storage/sqlite/sqlite.ts";
import { createTestMainDb, type TestMainDb } from "../../support/main-db.ts";
import { appErrorOf } from "../../support/thrown.ts";
import { gate, turn } from "../storage-world.ts";

const RETRY_MS = 5_000;

let main: TestMainDb;
/** The real worker; a test may replace single functions of it. */
let upkeep: { -readonly [K in keyof EventFileUpkeep]: EventFileUpkeep[K] };
let mainDb: MainDb;
let errors: string[];
let userId: string;
let webhookId: string;

beforeEach(() => {
  main = createTestMainDb();
  userId = main.addUser().id;
  webhookId = main.addWebhook({ userId }).id;
  main.mainDb.close();
  upkeep = { ...startEventFileUpkeep() };
  errors = [];
  mainDb = open();
});

afterEach(async () => {
  await mainDb.drain();
  mainDb.close();
  upkeep.stop();
  main.dispose();
});

function open(): MainDb {
  const onError = (message: string) => errors.push(message);
  return openMainDb({ path: main.path, clock: main.clock, background: { upkeep, onError } });
}

let changes = 0;

/** Makes one commit that lengthens the WAL by about `bytes`. */
function change(name = "changed", bytes = 0): void {
  // SQLite does not write pages whose content stays the same.
  const filler = String.fromCharCode(97 + (changes++ % 26));
  const settings = bytes === 0 ? null : { filler: filler.repeat(bytes) };
  const updatedAt = main.clock.now();
  const rest = { eventsLostAt: null, updatedAt, key: null, managedBy: null, externalId: null };
  mainDb.webhooks.update({ id: webhookId, name, settings, ...rest });
}

/** Makes the WAL longer than the length at which it is copied back. */
const lengthenWal = () => change("long", 5_000_000);

const changing = () => mainDb.durably(async () => change());
const reading = () => mainDb.durably(async () => mainDb.webhooks.find(webhookId)?.name);

/** The WAL's header, which changes at each restart. */
const walHeader = () => readFileSync(`${main.path}-wal`).subarray(0, 32).toString("hex");

function holdSync(): { sync: ReturnType<typeof spyOn>; open: () => void } {
  const { passed, open: letGo } = gate();
  const sync = spyOn(upkeep, "sync").mockReturnValueOnce(passed);
  return { sync, open: letGo };
}

async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await turn();
}

/** The names of the promises that have settled; filled within some turns of the event loop. */
function watch(promises: Readonly<Record<string, Promise<unknown>>>): string[] {
  const ended: string[] = [];
  for (const [name, promise] of Object.entries(promises)) {
    promise.then(
      () => ended.push(name),
      () => ended.push(`${name} failed`),
    );
  }
  return ended;
}

test("a commit neither syncs nor checkpoints by itself", () => {
  const path = `${main.directory}/other.db`;
  const db = openDatabase({ path, synchronous: "FULL", autocheckpointPages: 1_000, cacheKib: 256 });
  const rest = { path, checkpointPages: 1_000, monotonic: main.clock.monotonic, onError: () => undefined };
  const durability = leaveSyncsTo(upkeep, { db, ...rest });
  expect(db.query("PRAGMA synchronous").values()).toEqual([[1]]);
  expect(db.query("PRAGMA wal_autocheckpoint").values()).toEqual([[0]]);
  durability.close();
  db.close(true);
});

test("the first change does not begin the WAL, which would sync its header", () => {
  const before = walHeader();
  change();
  expect(walHeader()).toBe(before);
});

describe("a response", () => {
  test("waits until its commits are on disk", async () => {
    const { sync, open: letGo } = holdSync();
    const answer = mainDb.durably(async () => {
      change();
      return "done";
    });
    const ended = watch({ answer });
    await turns();
    expect(sync).toHaveBeenCalledTimes(1);
    expect(ended).toEqual([]);
    letGo();
    expect(await answer).toBe("done");
  });

  test("waits for another request's commits, as it may contain them", async () => {
    const { open: letGo } = holdSync();
    const ended = watch({ changed: changing(), read: reading() });
    await turns();
    expect(ended).toEqual([]);
    letGo();
    await turns();
    expect(ended.sort()).toEqual(["changed", "read"]);
  });

  test("without new commits is not synced", async () => {
    await changing();
    const sync = spyOn(upkeep, "sync");
    for (let n = 0; n < 3; n++) await reading();
    expect(sync).not.toHaveBeenCalled();
  });

  test("that is an error waits too, as something may have been committed before", async () => {
    const { open: letGo } = holdSync();
    const answer = mainDb.durably(async () => {
      change();
      throw new Error("not found");
    });
    const ended = watch({ answer });
    await turns();
    expect(ended).toEqual([]);
    letGo();
    await expect(answer).rejects.toThrow("not found");
  });

  test("whose change comes during a sync waits for the next one, with all that come meanwhile", async () => {
    const { sync, open: letGo } = holdSync();
    const first = changing();
    await turns();
    const later = [changing(), changing(), reading()];
    const ended = watch({ first, later: Promise.race(later) });
    await turns();
    expect(sync).toHaveBeenCalledTimes(1);
    const second = gate();
    sync.mockReturnValueOnce(second.passed);
    letGo();
    await first;
    await turns();
    expect(ended).toEqual(["first"]);
    second.open();
    await Promise.all(later);
    expect(sync).toHaveBeenCalledTimes(2);
  });
});

describe("after a sync that failed", () => {
  const failSync = () => spyOn(upkeep, "sync").mockRejectedValueOnce(new Error("EIO"));

  test("its responses are refused, and all later ones until the WAL is copied back", async () => {
    failSync();
    const repair = gate();
    const { restartWal } = upkeep;
    const restarts = spyOn(upkeep, "restartWal").mockImplementation((path) =>
      repair.passed.then(() => restartWal(path)),
    );
    const error = await appErrorOf(changing);
    expect(error.kind).toBe("unavailable");
    expect(error.retryAfterSeconds).toBeGreaterThan(0);
    change();
    expect((await appErrorOf(() => mainDb.synced())).kind).toBe("unavailable");
    expect(upkeep.sync).toHaveBeenCalledTimes(1);
    const later = reading();
    const ended = watch({ later });
    await turns();
    expect(ended).toEqual([]);
    repair.open();
    expect(await later).toBe("changed");
    expect(restarts).toHaveBeenCalledTimes(1);
    expect(errors).toEqual([error.message]);
  });

  test("responses that waited for the next sync are refused too, and not synced", async () => {
    const first = Promise.withResolvers<void>();
    const sync = spyOn(upkeep, "sync").mockReturnValueOnce(first.promise);
    spyOn(upkeep, "restartWal").mockRejectedValue(new Error("EIO"));
    const ended = watch({ first: changing() });
    await turns();
    const second = changing();
    first.reject(new Error("EIO"));
    expect((await appErrorOf(() => second)).kind).toBe("unavailable");
    expect(ended).toEqual(["first failed"]);
    expect(sync).toHaveBeenCalledTimes(1);
  });

  test("copying the WAL back is retried after a while if it failed", async () => {
    failSync();
    const restarts = spyOn(upkeep, "restartWal").mockRejectedValueOnce(new Error("EIO"));
    await appErrorOf(changing);
    await turns();
    await appErrorOf(reading);
    expect(restarts).toHaveBeenCalledTimes(1);
    main.clock.advance(RETRY_MS);
    await appErrorOf(reading);
    expect(restarts).toHaveBeenCalledTimes(2);
    expect(await reading()).toBe("changed");
  });

  test("a change made while the WAL is copied back is synced, as it may have come too late to be copied", async () => {
    const sync = failSync();
    await appErrorOf(changing);
    change();
    expect(sync).toHaveBeenCalledTimes(1);
    await reading();
    expect(sync).toHaveBeenCalledTimes(2);
  });
});

describe("the WAL", () => {
  test("is copied back and restarted when it has grown, and stays short", async () => {
    const before = walHeader();
    await mainDb.durably(async () => lengthenWal());
    await mainDb.drain();
    expect(walHeader()).not.toBe(before);
    for (let n = 0; n < 5; n++) {
      await mainDb.durably(async () => lengthenWal());
      await mainDb.drain();
    }
    expect(readFileSync(`${main.path}-wal`).length).toBeLessThan(10_000_000);
    expect(mainDb.webhooks.find(webhookId)?.name).toBe("long");
    expect(errors).toEqual([]);
  });

  test("is restarted by the worker alone: the event loop's next change does not sync its header", async () => {
    await mainDb.durably(async () => lengthenWal());
    await mainDb.drain();
    const before = walHeader();
    change();
    expect(walHeader()).toBe(before);
  });

  test("is not restarted by a change that comes after it was copied back", async () => {
    const restart = gate();
    const restarts = spyOn(upkeep, "restartWal").mockReturnValueOnce(restart.passed);
    const before = walHeader();
    await mainDb.durably(async () => lengthenWal());
    while (restarts.mock.calls.length === 0) await turn();
    change();
    expect(walHeader()).toBe(before);
    restart.open();
  });

  test("is restarted while no request is answered, and none begins meanwhile", async () => {
    const answer = gate();
    const busy = mainDb.durably(() => answer.passed);
    const restart = gate();
    const restarts = spyOn(upkeep, "restartWal").mockReturnValueOnce(restart.passed);
    const copied = spyOn(upkeep, "checkpoint");
    await mainDb.durably(async () => lengthenWal());
    await copied.mock.results[0]?.value;
    await turns();
    expect(restarts).not.toHaveBeenCalled();
    answer.open();
    await busy;
    expect(restarts).toHaveBeenCalledTimes(1);
    let isAsked = false;
    const later = mainDb.durably(async () => {
      isAsked = true;
    });
    await turns();
    expect(isAsked).toBe(false);
    restart.open();
    await later;
    expect(isAsked).toBe(true);
  });

  test("is restarted between two responses in any case when it has grown far", async () => {
    const answer = gate();
    const busy = mainDb.durably(() => answer.passed);
    const restarts = spyOn(upkeep, "restartWal");
    for (let n = 0; n < 9; n++) await mainDb.durably(async () => lengthenWal());
    await mainDb.drain();
    expect(restarts.mock.calls.length).toBeGreaterThan(0);
    answer.open();
    await busy;
  });

  test("that cannot be copied back grows without harm, and is copied back later", async () => {
    spyOn(upkeep, "checkpoint").mockRejectedValueOnce(new Error("disk full"));
    await mainDb.durably(async () => lengthenWal());
    await mainDb.drain();
    expect(errors).toEqual([`checkpoint of ${main.path} failed`]);
    const before = walHeader();
    await mainDb.durably(async () => lengthenWal());
    await mainDb.drain();
    expect(walHeader()).not.toBe(before);
    expect(errors).toHaveLength(1);
  });

  test("is copied back once a reader of an old state is done", async () => {
    const reader = new Database(main.path, { readonly: true });
    reader.run("BEGIN");
    reader.query("SELECT count(*) FROM webhooks").get();
    await mainDb.durably(async () => lengthenWal());
    await mainDb.drain();
    reader.close();
    const before = walHeader();
    await mainDb.durably(async () => lengthenWal());
    await mainDb.drain();
    expect(walHeader()).not.toBe(before);
    expect(errors).toEqual([]);
  });
});

test("committed changes are there in the next run", async () => {
  await changing();
  await mainDb.drain();
  mainDb.close();
  mainDb = open();
  expect(await reading()).toBe("changed");
});
