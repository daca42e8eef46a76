/** Files of imported webhooks come from other nodes, before the log says that the webhook is there or afterwards. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { nextTurn } from "../../../src/lib/pauses.ts";
import { ImportFolder, listAwaited } from "../../../src/storage/cluster/import-folder.ts";
import {
  createImportedFiles,
  type FetchImported,
  type ImportedFiles,
} from "../../../src/storage/cluster/imported-files.ts";
import type { ArrivingCopy } from "../../../src/storage/cluster/receive-copy.ts";
import { makeEventFile } from "../../../src/storage/event-db/new-file.ts";
import { createFakeClock, type FakeClock } from "../../support/fake-clock.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { appErrorOf } from "../../support/thrown.ts";

let dataDir: string;
let bytes: Uint8Array<ArrayBuffer>;
let clock: FakeClock;
let webhookId: string;
let live: Set<string>;
let deleted: string[];
let troubles: string[];
let fetchImported: FetchImported;
let imported: ImportedFiles;

beforeEach(() => {
  dataDir = makeTestFolder("imports");
  const source = join(makeTestFolder("source"), "a.db");
  makeEventFile(source);
  bytes = new Uint8Array(readFileSync(source));
  clock = createFakeClock();
  webhookId = newId();
  live = new Set([webhookId]);
  [deleted, troubles] = [[], []];
  fetchImported = () => Promise.resolve(copy());
  imported = open();
});

afterEach(() => imported.stop());

function open(): ImportedFiles {
  return createImportedFiles({
    dataDir,
    fetchImported: (file, signal) => fetchImported(file, signal),
    deleteFile: async (id) => void deleted.push(id),
    isThere: (id) => live.has(id),
    clock,
    onTrouble: (id) => troubles.push(id),
  });
}

function copy(): ArrivingCopy {
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  return { bytes: bytes.byteLength, sha256, body: new Blob([bytes]).stream() };
}

const names = () => readdirSync(dataDir).map((name) => name.replace(webhookId, "ID"));
const keepReady = (epoch = 1) => imported.keepReady({ webhookId, epoch }, () => Promise.resolve(copy()));
const claim = (node: string, epoch: number) => imported.claimed({ node, epoch, position: 9 });

test("a file that was kept ready is used at once, also after a restart", async () => {
  await keepReady();
  expect(names()).toEqual(["ready-1-ID.db"]);
  await imported.stop();
  imported = open();
  fetchImported = () => Promise.reject(new Error("it is not needed"));
  await imported.expect({ webhookId, position: 5 });
  expect(names()).toEqual(["events-ID.db"]);
  expect([imported.writable(webhookId), imported.arrived([webhookId])]).toEqual([null, null]);
});

test("a file that is not here is fetched until a node gives it, and is not lost meanwhile", async () => {
  const asked: number[] = [];
  fetchImported = ({ position }) => {
    asked.push(position);
    return asked.length < 3 ? Promise.reject(new Error("nobody has it")) : Promise.resolve(copy());
  };
  await imported.expect({ webhookId, position: 5 });
  const arrived = imported.arrived([webhookId]);
  while (troubles.length === 0) await nextTurn();
  expect(listAwaited(dataDir)).toEqual([{ webhookId, position: 5 }]);
  // As it starts again, it knows what it lacks.
  await imported.stop();
  imported = open();
  while (troubles.length === 1) await nextTurn();
  clock.advance(2_000);
  await imported.arrived([webhookId]);
  expect(arrived).not.toBeNull();
  expect([names(), asked]).toEqual([["events-ID.db"], [5, 5, 5]]);
});

test("a copy that arrives damaged is not used", async () => {
  fetchImported = () => Promise.resolve({ ...copy(), sha256: "0".repeat(64) });
  await imported.expect({ webhookId, position: 5 });
  while (troubles.length === 0) await nextTurn();
  expect(names()).toEqual(["awaited-ID"]);
});

test("a copy for which there is no room is given back, and asked for again only once there is", async () => {
  let asked = 0;
  const givenBack = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({ cancel: () => givenBack.resolve() });
  fetchImported = () => {
    asked++;
    return Promise.resolve({ ...copy(), bytes: Number.MAX_SAFE_INTEGER, body });
  };
  await imported.expect({ webhookId, position: 5 });
  await givenBack.promise;
  for (let n = 1; n < 4; n++) {
    while (troubles.length < n) await nextTurn();
    clock.advance(2_000);
  }
  expect([asked, names()]).toEqual([1, ["awaited-ID"]]);
});

test("entries of a webhook that is deleted further on can be dropped, but it counts as awaited until then", async () => {
  fetchImported = () => Promise.resolve(null);
  await imported.expect({ webhookId, position: 5 });
  let hasArrived = false;
  void imported.arrived([webhookId])?.then(() => (hasArrived = true));
  await imported.writable(webhookId);
  expect([deleted, hasArrived]).toEqual([[webhookId], false]);
  await imported.deleted(webhookId);
  await nextTurn();
  expect([names(), hasArrived]).toEqual([[], true]);
});

test("a webhook that is deleted while its file is fetched leaves nothing behind", async () => {
  const begun = Promise.withResolvers<void>();
  fetchImported = (_, signal) =>
    new Promise((_resolve, reject) => {
      begun.resolve();
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  await imported.expect({ webhookId, position: 5 });
  await begun.promise;
  const arrived = imported.arrived([webhookId]);
  await imported.deleted(webhookId);
  await arrived;
  expect(names()).toEqual([]);
});

test("files kept ready go with an import that is undone, and with a leader that another node follows", async () => {
  await keepReady();
  await imported.undone(webhookId);
  expect(names()).toEqual([]);
  claim("one", 1);
  await keepReady();
  // The same node leads again: it may still say that the webhook is there.
  claim("one", 2);
  expect(names()).toEqual(["ready-1-ID.db"]);
  claim("two", 3);
  while (names().length > 0) await nextTurn();
  expect((await appErrorOf(() => keepReady(1))).code).toBe("not_leader");
  expect(names()).toEqual([]);
});

test("a file that is being kept ready is waited for, and not fetched twice", async () => {
  const go = Promise.withResolvers<ArrivingCopy>();
  fetchImported = () => Promise.reject(new Error("it is on its way"));
  const ready = imported.keepReady({ webhookId, epoch: 1 }, () => go.promise);
  await nextTurn();
  await imported.expect({ webhookId, position: 5 });
  go.resolve(copy());
  await ready;
  await imported.arrived([webhookId]);
  expect([names(), troubles]).toEqual([["events-ID.db"], []]);
});

test("what the main database does not have any more is not fetched", async () => {
  fetchImported = () => Promise.reject(new Error("nobody has it"));
  await imported.expect({ webhookId, position: 5 });
  await imported.stop();
  live.clear();
  imported = open();
  expect(imported.writable(webhookId)).toBeNull();
  await imported.deleted(webhookId);
  expect(names()).toEqual([]);
});

test("when imports end, an awaited file that is ready is used, and nothing else is left of them", async () => {
  const other = newId();
  live.add(other);
  fetchImported = () => Promise.reject(new Error("nobody has it"));
  await imported.expect({ webhookId, position: 5 });
  await imported.expect({ webhookId: other, position: 6 });
  await imported.stop();
  imported = open();
  await keepReady();
  await imported.keepReady({ webhookId: newId(), epoch: 1 }, () => Promise.resolve(copy()));
  await imported.stop();
  const folder = new ImportFolder(dataDir);
  expect(await folder.listLacking()).toEqual([other]);
  await folder.end();
  expect(names()).toEqual(["events-ID.db"]);
});
