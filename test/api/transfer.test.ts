/** Exports a webhook as one file and imports it, for the same or another user: events, URLs, and optionally secrets. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { errorSchema } from "../../src/api/schema-parts.ts";
import { importSchema } from "../../src/api/schemas.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { PUBLISHED } from "../../src/settings/published-events.ts";
import { openConfig } from "../../src/settings/sealed-config.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

const PASSPHRASE = "correct horse — battery staple";
const SECRET = "Bearer do-not-lose";

let api: TestApi;
let secretTargetId: string;

beforeEach(async () => {
  api = await startTestApi();
  const target = await api.useCases.targets.create({
    userId: api.ada,
    webhookId: api.webhook.id,
    input: {
      name: "Bank",
      type: "http",
      config: { url: "https://bank.example/in", headers: { Authorization: SECRET, "X-Plain": "also" } },
    },
  });
  secretTargetId = target.id;
});

afterEach(() => api.stop());

const passphraseHeader = (text: string) => ({
  "x-webhooker-passphrase": Buffer.from(text).toString("base64"),
});

async function download(passphrase: string | null = null): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { authorization: "Bearer whk_ada", ...(passphrase && passphraseHeader(passphrase)) };
  const answer = await fetch(`${api.server.url}/api/v1/webhooks/${api.webhook.id}/export`, { headers });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/vnd.sqlite3");
  return new Uint8Array(await answer.arrayBuffer());
}

async function upload(
  file: Uint8Array<ArrayBuffer>,
  options: { token?: string; passphrase?: string; query?: string } = {},
) {
  const { token, passphrase, query = "" } = options;
  const headers = passphrase === undefined ? {} : passphraseHeader(passphrase);
  return api.call("POST", `/webhooks/import${query}`, {
    init: { body: file, headers },
    ...(token !== undefined && { token }),
  });
}

async function imported(...given: Parameters<typeof upload>): Promise<z.output<typeof importSchema>> {
  const { status, body } = await upload(...given);
  expect(status).toBe(201);
  return importSchema.parse(body);
}

function refusal({ status, body }: { status: number; body: unknown }) {
  return [status, errorSchema.parse(body).error.code];
}

function partFiles(): string[] {
  return readdirSync(api.dataDir).filter((name) => name.startsWith("transfer-"));
}

/** The file after a manual change. */
function changed(file: Uint8Array, ...statements: readonly string[]): Uint8Array<ArrayBuffer> {
  const path = join(api.dataDir, "..", "changed.db");
  writeFileSync(path, file);
  const db = new Database(path);
  for (const statement of statements) db.run(statement);
  const bytes = new Uint8Array(db.serialize());
  db.close();
  return bytes;
}

describe("an exported webhook", () => {
  test("is restored after deletion with the same URLs and every event, and delivers nothing by itself", async () => {
    const file = await download();
    expect(partFiles()).toEqual([]);
    await api.useCases.webhooks.remove({ userId: api.ada, webhookId: api.webhook.id });
    const { webhook, entrypoints, targets, notes } = await imported(file);

    expect(webhook.id).not.toBe(api.webhook.id);
    expect(webhook.name).toBe("Shop");
    expect(entrypoints.map(({ id, active }) => [id, active])).toEqual([[api.entrypoint.id, true]]);
    expect(api.mainDb.routing.findRoute(api.entrypoint.id)?.webhookId).toBe(webhook.id);
    expect(targets.map(({ name, active, config }) => [name, active, config])).toEqual([
      ["Warehouse", false, {}],
      ["Bank", false, expect.objectContaining({ url: "https://bank.example/in", headers: {} })],
    ]);
    expect(notes).toEqual([
      "Target Warehouse is disabled. The import left it disabled so that nothing is sent twice. Enable it when ready.",
      "Target Bank is disabled. Imported without its secrets. Enter them, then enable it.",
    ]);
    const [, bank] = await api.useCases.targets.list({ userId: api.ada, webhookId: webhook.id });
    expect(bank?.deactivatedReason).toBe("Imported without its secrets. Enter them, then enable it.");
    expect(api.imported()).toEqual([webhook.id]);
    expect(partFiles()).toEqual([]);

    const event = await api.events.findEvent(webhook.id, api.event.id);
    expect(Buffer.from(event?.body ?? []).toString()).toBe('{"n":1}');
    const [delivery] = await api.events.listDeliveries(webhook.id, api.event.id);
    expect(delivery).toMatchObject({ targetId: targets[0]?.id, status: "pending", attempts: 1 });
    expect(delivery?.results[0]?.error).toBe("The target answered 500.");
    const db = new Database(join(api.dataDir, `events-${webhook.id}.db`), { readonly: true });
    expect(listLedgerFaults(db)).toEqual([]);
    db.close();
  });

  test("keeps that an event was published, and its idempotency key", async () => {
    const input = { events: [{ type: "order.paid", data: 1, id: "msg_1" }] };
    const publish = (webhookId: string) =>
      api.call("POST", `/webhooks/${webhookId}/events/batch`, { json: input });
    await publish(api.webhook.id);
    const { webhook } = await imported(await download());
    const { events } = await api.events.searchEvents(webhook.id, {
      limit: 10,
      cursor: null,
      filter: { entrypointId: PUBLISHED },
      asker: api.ada,
    });
    expect(events.map(({ type }) => type)).toEqual(["order.paid"]);
    const { body } = await publish(webhook.id);
    expect(body).toMatchObject({ data: [{ event_id: events[0]?.id }] });
  });

  test("does not contain a replicator's own tables", async () => {
    const db = new Database(join(api.dataDir, `events-${api.webhook.id}.db`));
    db.run("CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER)");
    db.run("CREATE TABLE _litestream_lock (id INTEGER)");
    db.close();
    expect((await imported(await download())).webhook.name).toBe("Shop");
  });

  test("imported beside its original gets its own URLs, and reports that", async () => {
    const { webhook, entrypoints, notes } = await imported(await download());
    expect(webhook.id).not.toBe(api.webhook.id);
    expect(entrypoints[0]?.id).not.toBe(api.entrypoint.id);
    expect(notes[0]).toBe(
      "Entrypoint Orders: its URL was taken, so it has a new one. Give it to the sender.",
    );
    const found = await api.events.findEvent(webhook.id, api.event.id);
    expect(found?.entrypointId).toBe(entrypoints[0]?.id);
    expect(api.mainDb.routing.findRoute(api.entrypoint.id)?.webhookId).toBe(api.webhook.id);
  });

  test("contains its secrets under a passphrase, encrypted again here, and its targets as they were", async () => {
    const file = await download(PASSPHRASE);
    expect(Buffer.from(file).includes("do-not-lose")).toBe(false);
    const { webhook, targets } = await imported(file, { token: BOB_TOKEN, passphrase: PASSPHRASE });
    const bank = targets.find(({ name }) => name === "Bank");
    expect([bank?.active, bank?.config.headers]).toEqual([
      true,
      { Authorization: "[secret]", "X-Plain": "[secret]" },
    ]);
    expect(bank?.id).not.toBe(secretTargetId);
    const row = api.mainDb.targets.find({ id: bank?.id ?? "", webhookId: webhook.id });
    const type = { fields: [{ name: "headers", label: "", kind: "headers", secret: true }] } as const;
    const opened = openConfig({
      type,
      config: row?.config,
      owner: `targets:${bank?.id}`,
      keys: createKeyRing(new Uint8Array(32).fill(1)),
    });
    expect(opened.headers).toEqual({ Authorization: SECRET, "X-Plain": "also" });
    expect(api.mainDb.webhooks.find(webhook.id)?.userId).toBe(api.bob);
  });

  test("needs the right passphrase for its secrets, or is imported without them", async () => {
    const file = await download(PASSPHRASE);
    expect(refusal(await upload(file))).toEqual([422, "passphrase_missing"]);
    expect(refusal(await upload(file, { passphrase: "another" }))).toEqual([422, "wrong_passphrase"]);
    expect((await api.useCases.webhooks.list({ userId: api.ada })).length).toBe(1);
    const { targets } = await imported(file, { query: "?secrets=leave_out" });
    expect(targets.map(({ active }) => active)).toEqual([false, false]);
    expect(partFiles()).toEqual([]);
  });

  test("verifies its senders as before, or not at all if the secret was left out", async () => {
    const of = { userId: api.ada, webhookId: api.webhook.id };
    const verification = { type: "github", config: { secret: "a-secret-of-github" } };
    await api.useCases.entrypoints.create({ ...of, input: { name: "Signed", verification } });
    const faultAt = async (webhookId: string) => {
      const all = await api.useCases.entrypoints.list({ userId: api.ada, webhookId });
      return all.find(({ name }) => name === "Signed")?.verification?.fault;
    };
    const whole = await imported(await download(PASSPHRASE), { passphrase: PASSPHRASE });
    expect(await faultAt(whole.webhook.id)).toBeNull();
    const bare = await imported(await download());
    expect(await faultAt(bare.webhook.id)).toContain("secret");
    expect(bare.notes).toContain(
      "Entrypoint Signed responds 503 until you enter its secrets, which were left out.",
    );
  });

  test("contains no encrypted secret of this server", async () => {
    const sealed =
      JSON.stringify(api.mainDb.targets.list(api.webhook.id)).match(/v1\.[\w-]{30,}/)?.[0] ?? "?";
    expect(Buffer.from(await download()).includes(sealed)).toBe(false);
    expect(Buffer.from(await download(PASSPHRASE)).includes(sealed)).toBe(false);
  });

  test("is available to its user only", async () => {
    const answer = await api.call("GET", `/webhooks/${api.webhook.id}/export`, { token: BOB_TOKEN });
    expect(answer.status).toBe(404);
    // The URL of a webhook that another user deleted is not available.
    const file = await download();
    await api.useCases.webhooks.remove({ userId: api.ada, webhookId: api.webhook.id });
    const { entrypoints } = await imported(file, { token: BOB_TOKEN });
    expect(entrypoints[0]?.id).not.toBe(api.entrypoint.id);
  });
});

describe("a file that is refused", () => {
  const REFUSED = [422, "not_an_export"];

  test("is not a database, a different one, or damaged", async () => {
    expect(refusal(await upload(new TextEncoder().encode("hello")))).toEqual(REFUSED);
    expect(refusal(await upload(new Uint8Array()))).toEqual(REFUSED);
    const file = await download();
    expect(refusal(await upload(file.slice(0, 8192)))).toEqual(REFUSED);
    expect(refusal(await upload(changed(file, "DROP TABLE webhook_export")))).toEqual(REFUSED);
    expect(partFiles()).toEqual([]);
  });

  test("contains SQL statements of its own", async () => {
    const file = await download();
    for (const statement of [
      "CREATE TRIGGER evil AFTER INSERT ON events BEGIN DELETE FROM events; END",
      "CREATE VIEW evil AS SELECT 1",
      "CREATE TABLE evil (target_id TEXT)",
      "CREATE INDEX evil ON events (body)",
    ]) {
      expect(refusal(await upload(changed(file, statement)))).toEqual(REFUSED);
    }
  });

  test("has inconsistent counts", async () => {
    const file = await download();
    const bad = changed(file, "UPDATE target_tallies SET pending = 7");
    expect(refusal(await upload(bad))).toEqual(REFUSED);
  });

  test("has a configuration that cannot be shown, and leaves nothing behind", async () => {
    const file = await download();
    const wrong = [
      "UPDATE webhook_export SET document = 'nothing'",
      "UPDATE webhook_export SET document = json_set(document, '$.targets[0].policy', '{}}')",
      "UPDATE webhook_export SET document = json_set(document, '$.targets[0].config', 7)",
      "UPDATE webhook_export SET document = json_set(document, '$.targets[0].created_at', 'soon')",
      "UPDATE webhook_export SET document = json_set(document, '$.webhook.id', '../../etc/passwd')",
      "UPDATE webhook_export SET document = json_set(document, '$.schema', 10000)",
    ];
    for (const statement of wrong) {
      expect([statement, ...refusal(await upload(changed(file, statement)))]).toEqual([
        statement,
        ...REFUSED,
      ]);
    }
    expect((await api.useCases.webhooks.list({ userId: api.ada })).length).toBe(1);
    expect(readdirSync(api.dataDir).filter((name) => name.endsWith(".db"))).toHaveLength(1);
  });

  test("does not deliver to another webhook's target that its events name", async () => {
    const file = await download();
    const other = await api.useCases.webhooks.create({ userId: api.bob, input: { name: "Other" } });
    const victim = await api.useCases.targets.create({
      userId: api.bob,
      webhookId: other.id,
      input: { name: "Victim", type: "log" },
    });
    const forged = ["deliveries", "delivery_results", "target_tallies"].map(
      (table) => `UPDATE ${table} SET target_id = '${victim.id}'`,
    );
    const { webhook } = await imported(changed(file, ...forged));
    const deliveries = await api.events.listDeliveries(webhook.id, api.event.id);
    expect(deliveries).toHaveLength(1);
    expect(deliveries[0]?.targetId).not.toBe(victim.id);
  });

  test("keeps only the ids of its own parts, whether others are in use or free", async () => {
    const file = await download();
    const [strange, later] = ["01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"];
    const forged = changed(
      file,
      `UPDATE rejected_requests SET entrypoint_id = '${strange}'`,
      `INSERT INTO rejected_requests SELECT '${later}', '${strange}', 1, 'POST', '', '', '[]', '', '', '', 0, 0, x'', NULL`,
      `INSERT INTO rejected_tallies VALUES ('${strange}', 1, 0)`,
      `INSERT INTO entrypoint_hours VALUES ('${strange}', 3600000)`,
      `INSERT INTO open_circuits VALUES ('${later}', 1, 'down')`,
    );
    const { webhook, entrypoints, targets } = await imported(forged);
    const db = new Database(join(api.dataDir, `events-${webhook.id}.db`), { readonly: true });
    const idsIn = (sql: string) =>
      db
        .query<{ id: string }, []>(sql)
        .all()
        .map(({ id }) => id);
    const [rejectedOf] = idsIn("SELECT entrypoint_id AS id FROM rejected_requests");
    const hoursOf = idsIn("SELECT entrypoint_id AS id FROM entrypoint_hours");
    const circuits = idsIn("SELECT target_id AS id FROM open_circuits");
    const deliveries = idsIn("SELECT DISTINCT target_id AS id FROM deliveries");
    db.close();
    // References within the file are kept.
    expect(hoursOf.toSorted()).toEqual([rejectedOf ?? "", entrypoints[0]?.id ?? ""].toSorted());
    expect([rejectedOf, ...circuits]).not.toContain(strange);
    expect(circuits).not.toContain(later);
    expect(deliveries).toEqual([targets[0]?.id ?? ""]);
  });

  test("cannot inject SQL", async () => {
    const file = await download();
    const statement =
      "UPDATE webhook_export SET document = json_set(document, '$.targets[0].\"name) VALUES (1); DROP TABLE users; --\"', 'x')";
    await imported(changed(file, statement));
    expect(api.mainDb.users.list().length).toBeGreaterThan(0);
  });
});
