/** Parts of an event file that are left out of an exported webhook. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { newId } from "../../../src/lib/ids.ts";
import { eventMigrations } from "../../../src/storage/event-db/migrations/index.ts";
import { listLedgerFaults } from "../../../src/storage/event-db/numbers/ledger.ts";
import { readWebhookFile, writeWebhookFile } from "../../../src/storage/transfer/webhook-file.ts";
import { makeTestFolder } from "../../support/folder.ts";
import { createStorageWorld, draft, type StorageWorld } from "../storage-world.ts";

let world: StorageWorld;
let folder: string;

beforeEach(() => {
  world = createStorageWorld();
  folder = makeTestFolder("export");
});
afterEach(async () => {
  await world.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test("the sealed secrets of rejected requests are not exported, and the file is sound without them", async () => {
  const webhookId = newId();
  const sealedSecret = "v1.sealed-secret".repeat(200);
  const request = { ...draft({ webhookId }), id: newId(), reason: "It is wrong.", sealedSecret };
  await world.writer.run(webhookId, { name: "keepRejected", draft: request });
  const eventFile = world.files.pathOf(webhookId);
  const to = join(folder, "export.db");
  writeWebhookFile({ eventFile, to, document: "{}" });
  expect(readFileSync(to, "latin1")).not.toContain("v1.sealed-secret");
  const db = new Database(to, { readonly: true });
  expect(listLedgerFaults(db)).toEqual([]);
  expect(db.query("SELECT reason, sealed_secret FROM rejected_requests").all()).toEqual([
    { reason: "It is wrong.", sealed_secret: null },
  ]);
  db.close();
});

test("a file of an older version that nobody has opened since can be exported", () => {
  for (const version of [1, 8, 11]) {
    const eventFile = join(folder, `old-${version}.db`);
    const db = new Database(eventFile, { create: true });
    for (const sql of eventMigrations.slice(0, version)) db.run(sql);
    db.run(`PRAGMA user_version = ${version}`);
    db.close();
    const to = join(folder, `export-${version}.db`);
    writeWebhookFile({ eventFile, to, document: "{}" });
    expect(readWebhookFile(to)).toBe("{}");
  }
});
