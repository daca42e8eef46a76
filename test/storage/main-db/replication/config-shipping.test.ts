/** The leader's changes go into the log in order, each once, and whoever waits for theirs learns how it went. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AppError } from "../../../../src/lib/errors.ts";
import {
  type ConfigShipping,
  createConfigShipping,
} from "../../../../src/storage/main-db/replication/config-shipping.ts";
import type { ShippedRows } from "../../../../src/storage/main-db/replication/row-change.ts";
import { createTestMainDb, type TestMainDb } from "../../../support/main-db.ts";
import { appErrorOf } from "../../../support/thrown.ts";
import { turn } from "../../storage-world.ts";
import { BORN, withConnection } from "./copies.ts";

type Append = { id: string; entry: ShippedRows; succeed: () => void; fail: (error: Error) => void };

let leader: TestMainDb;
let shipping: ConfigShipping;
/** In the order in which they began. */
let appends: Append[];
let errors: unknown[];

beforeEach(() => {
  leader = createTestMainDb();
  leader.mainDb.replication.join({ born: BORN, position: 0, role: "leading" });
  appends = [];
  errors = [];
  shipping = createConfigShipping({
    replication: leader.mainDb.replication,
    append(id, entries) {
      const [entry] = entries;
      if (entry === undefined || entries.length > 1) throw new Error("one entry at a time");
      const { promise, resolve, reject } = Promise.withResolvers<number>();
      const position = appends.length + 1;
      appends.push({ id, entry, succeed: () => resolve(position), fail: reject });
      return promise;
    },
    onError: (_message, cause) => errors.push(cause),
    batchBytes: 1_000,
  });
});
afterEach(() => leader.dispose());

const down = new AppError({ kind: "unavailable", message: "The log is not there." });
const state = () => leader.mainDb.replication.state();

function addTeams(...names: readonly string[]): void {
  withConnection(leader.path, (db) => {
    for (const name of names) db.run("INSERT INTO teams VALUES (?, ?, 1, 1)", [name, name]);
  });
}

const namesIn = ({ entry }: Append) =>
  entry.rows.map((change) => ("row" in change ? change.row.name : change.gone.id));

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

async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await turn();
}

/** Lets the append with that number, counted from zero, succeed. */
async function succeed(number: number): Promise<void> {
  appends[number]?.succeed();
  await turns();
}

test("without changes nobody waits, and nothing is appended", async () => {
  await shipping.shipped();
  shipping.poll();
  expect(appends).toEqual([]);
});

test("what is committed during an append waits for the next one, all of it together", async () => {
  addTeams("a");
  const first = shipping.shipped();
  addTeams("b");
  const second = shipping.shipped();
  addTeams("c");
  const ended = watch({ first, second });
  await turns();
  expect(appends.map(namesIn)).toEqual([["a"]]);
  expect(ended).toEqual([]);
  await succeed(0);
  expect(ended).toEqual(["first"]);
  expect(appends.map(namesIn)).toEqual([["a"], ["b", "c"]]);
  await succeed(1);
  expect(ended).toEqual(["first", "second"]);
  expect(state()).toMatchObject({ position: 2, hasUnshipped: false });
  expect(new Set(appends.map(({ id }) => id)).size).toBe(2);
  for (const { id } of appends) expect(id).toMatch(/^[a-z0-9-]{1,64}$/i);
});

test("what another process commits is shipped by a poll", async () => {
  addTeams("a");
  shipping.poll();
  shipping.poll();
  await succeed(0);
  expect(appends.map(namesIn)).toEqual([["a"]]);
  expect(state()?.hasUnshipped).toBe(false);
});

describe("an append that fails", () => {
  test("is told to all that wait, and repeated unchanged under the same id", async () => {
    addTeams("a");
    const first = shipping.shipped();
    await turns();
    addTeams("b");
    const second = shipping.shipped();
    const ended = watch({ first, second });
    appends[0]?.fail(down);
    await turns();
    expect(ended.toSorted()).toEqual(["first failed", "second failed"]);
    expect(await first.catch((error: unknown) => error)).toBe(down);
    expect(appends).toHaveLength(1);
    expect(state()).toMatchObject({ position: 0, hasUnshipped: true });
    const third = shipping.shipped();
    await turns();
    await succeed(1);
    await succeed(2);
    await third;
    expect(appends.map(namesIn)).toEqual([["a"], ["a"], ["b"]]);
    expect(appends.map(({ id }) => id === appends[0]?.id)).toEqual([true, true, false]);
    expect(errors).toEqual([]);
  });

  test("is reported if nobody waits", async () => {
    addTeams("a");
    shipping.poll();
    appends[0]?.fail(down);
    await turns();
    expect(errors).toEqual([down]);
  });
});

test("a transaction that is larger than a record goes on in the next one", async () => {
  const names = Array.from({ length: 60 }, (_, n) => `team ${n}`);
  withConnection(leader.path, (db) => {
    db.transaction(() => {
      for (const name of names) db.run("INSERT INTO teams VALUES (?, ?, 1, 1)", [name, name]);
    })();
  });
  const all = shipping.shipped();
  const ended = watch({ all });
  await turns();
  addTeams("later");
  for (let n = 0; n < appends.length; n++) {
    if (appends[n]?.entry.more) expect(ended).toEqual([]);
    await succeed(n);
  }
  await all;
  expect(appends.flatMap(namesIn)).toEqual([...names, "later"]);
  const more = appends.map(({ entry }) => entry.more ?? false);
  expect(more.slice(-2)).toEqual([false, false]);
  expect(more.slice(0, -2)).toEqual(more.slice(0, -2).map(() => true));
  expect(more.length).toBeGreaterThan(3);
});

test("a leader that stops tells all that wait, and notes nothing any more", async () => {
  addTeams("a");
  const waiting = shipping.shipped();
  const told = appErrorOf(() => waiting);
  await turns();
  shipping.stop();
  expect((await told).code).toBe("not_leading");
  await succeed(0);
  expect(state()).toMatchObject({ position: 0, hasUnshipped: true });
  expect((await appErrorOf(() => shipping.shipped())).kind).toBe("unavailable");
  shipping.poll();
  await turns();
  expect(appends).toHaveLength(1);
});
