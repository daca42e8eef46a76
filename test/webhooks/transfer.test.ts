/** An import that fails or crashes at any step takes nothing from anyone and leaves nothing behind. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { newId } from "../../src/lib/ids.ts";
import { eventMigrations } from "../../src/storage/event-db/migrations/index.ts";
import { makeEventFile } from "../../src/storage/event-db/new-file.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import type { MainDb } from "../../src/storage/main-db/open.ts";
import { createWebhookFiles, type WebhookFiles } from "../../src/storage/transfer/webhook-files.ts";
import { createTransfer, type Transfer } from "../../src/webhooks/transfer/transfer.ts";
import { thrownBy } from "../support/thrown.ts";
import { createTestUseCases, type TestUseCases } from "../support/use-cases.ts";

// Starts workers; only a hanging machine takes this long.
setDefaultTimeout(60_000);

const FAULT = new Error("it does not work now");

let all: TestUseCases;
let dataDir: string;
let files: WebhookFiles;
let exported: string;
let entrypointId: string;

/** An export of Ada's webhook, which she has since deleted. */
beforeEach(async () => {
  all = createTestUseCases();
  dataDir = join(all.directory, "events");
  mkdirSync(dataDir);
  files = createWebhookFiles(dataDir);
  const { useCases, ada: userId } = all;
  const { id: webhookId } = await useCases.webhooks.create({ userId, input: { name: "Shop" } });
  makeEventFile(join(dataDir, `events-${webhookId}.db`));
  const of = { userId, webhookId };
  entrypointId = (await useCases.entrypoints.create({ ...of, input: { name: "Orders" } })).id;
  await useCases.targets.create({ ...of, input: { name: "Log", type: "log" } });
  exported = join(all.directory, "shop.db");
  await transfer({}).exportWebhook({ ...of, passphrase: null, to: exported });
  await useCases.webhooks.remove(of);
  await files.remove(webhookId);
});
afterEach(() => all.dispose());

type Broken = Readonly<{
  files?: Partial<WebhookFiles>;
  transfer?: Partial<MainDb["transfer"]>;
  synced?: MainDb["synced"];
  spread?: () => Promise<void>;
}>;

function transfer(broken: Broken): Transfer {
  const { mainDb, clock, useCases, targetTypes, providers } = all;
  return createTransfer({
    mainDb: {
      ...mainDb,
      transfer: { ...mainDb.transfer, ...broken.transfer },
      ...(broken.synced && { synced: broken.synced }),
    },
    files: { ...files, ...broken.files },
    keys: createKeyRing(new Uint8Array(32).fill(1)),
    clock,
    useCases,
    targetTypes,
    providers,
    removeFile: files.remove,
    spread: broken.spread ?? (() => Promise.resolve()),
    onImported: () => undefined,
  });
}

function importTo(userId: string, broken: Broken = {}) {
  const path = join(dataDir, "transfer-00000000-0000-4000-8000-000000000000.part");
  copyFileSync(exported, path);
  return transfer(broken)
    .importWebhook({ userId, path, passphrase: null, withoutSecrets: false })
    .finally(() => files.discard(path));
}

const eventFiles = () => readdirSync(dataDir).filter((name) => name.startsWith("events-"));
const webhooksOf = async (userId: string) =>
  (await all.useCases.webhooks.list({ userId })).map(({ id }) => id);

const STEPS: readonly (readonly [string, Broken])[] = [
  ["the rows cannot be made durable", { synced: () => Promise.reject(FAULT) }],
  ["the file cannot take its place", { files: { adopt: () => Promise.reject(FAULT) } }],
  ["no other node takes the file", { spread: () => Promise.reject(FAULT) }],
  [
    "the webhook cannot be shown",
    {
      transfer: {
        reveal() {
          throw FAULT;
        },
      },
    },
  ],
];

describe.each(STEPS)("if %s, an import", (_, broken) => {
  test("leaves nothing behind, and its URL stays with its user", async () => {
    expect(await thrownBy(() => importTo(all.ada, broken))).toBe(FAULT);
    expect([eventFiles(), await webhooksOf(all.ada)]).toEqual([[], []]);
    expect(all.mainDb.routing.findRoute(entrypointId)).toBeNull();
    // Still not available to other users.
    const { webhookId } = await importTo(all.bob);
    expect(all.mainDb.entrypoints.list(webhookId).map(({ id }) => id)).not.toContain(entrypointId);
    const again = await importTo(all.ada);
    expect(all.mainDb.routing.findRoute(entrypointId)?.webhookId).toBe(again.webhookId);
    expect(eventFiles().toSorted()).toEqual(
      [webhookId, again.webhookId].map((id) => `events-${id}.db`).toSorted(),
    );
  });

  test("takes nothing from an earlier import of the same file", async () => {
    const { webhookId } = await importTo(all.ada);
    expect(await thrownBy(() => importTo(all.bob, broken))).toBe(FAULT);
    expect(await thrownBy(() => importTo(all.ada, broken))).toBe(FAULT);
    expect(eventFiles()).toEqual([`events-${webhookId}.db`]);
    expect(all.mainDb.routing.findRoute(entrypointId)?.webhookId).toBe(webhookId);
    expect(all.mainDb.targets.list(webhookId)).toHaveLength(1);
  });
});

test("a webhook is neither visible nor reachable before its file is in place", async () => {
  const adopt: WebhookFiles["adopt"] = async (given) => {
    expect(await webhooksOf(all.ada)).toEqual([]);
    expect(all.mainDb.routing.findRoute(entrypointId)).toBeNull();
    await files.adopt(given);
  };
  const { webhookId } = await importTo(all.ada, { files: { adopt } });
  expect(await webhooksOf(all.ada)).toEqual([webhookId]);
  expect(all.mainDb.routing.findRoute(entrypointId)?.webhookId).toBe(webhookId);
});

test("after a crash before the webhook is visible, the next start removes its file and its URL stays with its user", async () => {
  const never = new Promise<never>(() => undefined);
  const placed = Promise.withResolvers<string>();
  const adopt: WebhookFiles["adopt"] = async (given) => {
    await files.adopt(given);
    placed.resolve(given.webhookId);
    return never;
  };
  void importTo(all.ada, { files: { adopt } });
  const webhookId = await placed.promise;
  // A node of a cluster may know the targets, as it followed the leader that has crashed.
  const changed: string[] = [];
  all.mainDb.routing.onInvalidate((id) => changed.push(id));
  transfer({}).endUnfinished();
  expect(changed).toEqual([webhookId]);
  await transfer({}).removeLeftovers();
  expect(all.mainDb.webhooks.listDeletedIds()).toContain(webhookId);
  expect(all.mainDb.targets.list(webhookId)).toEqual([]);
  const again = await importTo(all.ada);
  expect(again.webhookId).not.toBe(webhookId);
  expect(all.mainDb.routing.findRoute(entrypointId)?.webhookId).toBe(again.webhookId);
});

test("a file at the webhook's path is left untouched", async () => {
  const { webhookId } = await importTo(all.ada);
  const path = join(dataDir, `events-${webhookId}.db`);
  const part = join(dataDir, "transfer-00000000-0000-4000-8000-000000000001.part");
  copyFileSync(exported, part);
  await files.read(part);
  writeFileSync(path, "somebody's");
  const ids = { targets: {}, entrypoints: {} };
  expect(await thrownBy(() => files.adopt({ path: part, webhookId, ids }))).toBeInstanceOf(Error);
  expect(await Bun.file(path).text()).toBe("somebody's");
  expect(existsSync(part)).toBe(true);
});

test("files of every older version are migrated, and keep their events", async () => {
  for (let version = 1; version < eventMigrations.length; version++) {
    const path = join(dataDir, "transfer-00000000-0000-4000-8000-000000000002.part");
    const db = new Database(path);
    for (const sql of eventMigrations.slice(0, version)) db.run(sql);
    db.run(`PRAGMA user_version = ${version}`);
    db.run("CREATE TABLE webhook_export (document TEXT NOT NULL) STRICT");
    db.run("ATTACH ? AS newest", [exported]);
    db.run("INSERT INTO webhook_export SELECT document FROM newest.webhook_export");
    db.run(
      `INSERT INTO events (id, entrypoint_id, received_at, method, path_tail, query, headers, content_type,
         remote_address, body_size, body) VALUES (?1, ?2, 1, 'POST', '', '', '[]', '', '', 0, x'')`,
      [newId(), entrypointId],
    );
    const tallies = version < 9 ? "entrypoint_tallies" : "counted_entrypoints";
    db.run(`INSERT INTO ${tallies} (entrypoint_id, events, last_event_at) VALUES (?, 1, 1)`, [entrypointId]);
    if (version >= 9) db.run("INSERT INTO last_counted_event SELECT 1, id FROM events");
    db.close();
    const given = { userId: all.ada, path, passphrase: null, withoutSecrets: false };
    const { webhookId } = await transfer({}).importWebhook(given);
    const read = new Database(join(dataDir, `events-${webhookId}.db`), { readonly: true });
    expect(listLedgerFaults(read)).toEqual([]);
    expect(read.query("SELECT count(*) AS n FROM events").get()).toEqual({ n: 1 });
    read.close();
  }
});

test("an export whose webhook is deleted meanwhile reports that, and any other fault as it is", async () => {
  const { useCases, ada: userId } = all;
  const { id: webhookId } = await useCases.webhooks.create({ userId, input: { name: "Short-lived" } });
  const of = { userId, webhookId, passphrase: null };
  const failing = transfer({ files: { write: () => Promise.reject(FAULT) } });
  expect(await thrownBy(() => failing.exportWebhook(of))).toBe(FAULT);
  const deleting = transfer({
    files: {
      async write() {
        await useCases.webhooks.remove(of);
        throw FAULT;
      },
    },
  });
  expect(await thrownBy(() => deleting.exportWebhook(of))).toMatchObject({ kind: "not_found" });
});
