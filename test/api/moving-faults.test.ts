/** Failed imports leave nothing behind, and simultaneous imports take nothing from each other. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorSchema } from "../../src/api/schema-parts.ts";
import { importSchema } from "../../src/api/schemas.ts";
import { newId } from "../../src/lib/ids.ts";
import { eventMigrations } from "../../src/storage/event-db/migrations/index.ts";
import { BOB_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;
let file: Uint8Array<ArrayBuffer>;

beforeAll(async () => {
  api = await startTestApi();
  const { of, useCases } = api;
  const verification = { type: "github", config: { secret: "hush" } };
  const settings = { methods: ["POST", "PUT"], response_status: 202 };
  await useCases.entrypoints.create({ ...of, input: { name: "Signed", verification, ...settings } });
  const config = { url: "https://bank.example/in", headers: { authorization: "hush" } };
  const input = { name: "Bank", type: "http", config, max_attempts: 3 };
  const { id } = await useCases.targets.create({ ...of, input });
  const notices = { target_id: id, email: null, on: ["target_failing"] };
  await useCases.webhooks.update({ ...of, input: { retention_days: 3, notices } });
  const answer = await fetch(`${api.server.url}/api/v1/webhooks/${api.webhook.id}/export`, {
    headers: { authorization: "Bearer whk_ada" },
  });
  file = new Uint8Array(await answer.arrayBuffer());
});
afterAll(() => api.stop());

function upload(bytes: Uint8Array<ArrayBuffer>, token?: string) {
  return api.call("POST", "/webhooks/import", { init: { body: bytes }, ...(token && { token }) });
}

/** The file after a manual change. */
function changed(...statements: readonly string[]): Uint8Array<ArrayBuffer> {
  const path = join(api.dataDir, "..", "changed.db");
  writeFileSync(path, file);
  const db = new Database(path);
  db.run("PRAGMA ignore_check_constraints = ON");
  for (const statement of statements) db.run(statement);
  const bytes = new Uint8Array(db.serialize());
  db.close();
  return bytes;
}

/** Everything that an import could leave behind. */
async function things() {
  const counts = [api.ada, api.bob].map(
    async (userId) => (await api.useCases.webhooks.list({ userId })).length,
  );
  // Another file's log goes when that file is closed, which may be now.
  const files = readdirSync(api.dataDir).filter((name) => !/\.db-(wal|shm)$/.test(name));
  return [await Promise.all(counts), files.toSorted()];
}

async function expectRefused(bytes: Uint8Array<ArrayBuffer>, why: string): Promise<void> {
  const before = await things();
  const { status, body } = await upload(bytes);
  const { code, message } = errorSchema.parse(body).error;
  expect([why, status, code]).toEqual([why, 422, "not_an_export"]);
  expect(message).not.toContain("hush");
  expect(await things()).toEqual(before);
}

const BEYOND_A_DATE = 8_640_000_000_000_001;

const ROWS: readonly (readonly [path: string, values: readonly unknown[]])[] = [
  ["webhook.name", ["", "x".repeat(201), 7, null]],
  ["webhook.settings", ["", "7", "null", "[]", '{"unknown":1}', '{"retention_bytes":1}']],
  ["webhook.settings", [0, -1, 1.5, 1e6, '"soon"'].map((days) => `{"retention_days":${days}}`)],
  [
    "webhook.settings",
    ['""', "7", "{}", '{"on":[]}', '{"target_id":7}', '{"email":"a@b.example","on":["unknown"]}'].map(
      (notices) => `{"notices":${notices}}`,
    ),
  ],
  ["webhook.events_lost_at", [-1, BEYOND_A_DATE]],
  ["webhook.created_at", [-1, 1.5, BEYOND_A_DATE, 1e300, null]],
  ["entrypoints[1].name", ["", " ", 7]],
  ["entrypoints[1].active", [2, "yes", null]],
  ["entrypoints[1].updated_at", [BEYOND_A_DATE]],
  [
    "entrypoints[1].verification",
    [
      "",
      "7",
      "null",
      "[]",
      "{}",
      '{"type":"github"}',
      '{"type":"unknown","config":{}}',
      '{"type":"github","config":{"place":7}}',
    ],
  ],
  ["entrypoints[1].settings", ["", "null", "[]", '{"methods":[]}', '{"methods":["BREW"]}', '{"unknown":1}']],
  ["targets[1].name", ["", "x".repeat(201)]],
  ["targets[1].type", ["unknown", "", 7, "log", "database"]],
  [
    "targets[1].config",
    [
      "",
      "null",
      "7",
      "[]",
      '{"url":7}',
      '{"url":"file:///etc/passwd"}',
      '{"headers":7,"url":"https://a.example"}',
    ],
  ],
  ["targets[1].config", ['{"url":"https://a.example","headers":{"authorization":"in the open"}}']],
  ["targets[1].policy", ["", "{}}", "null", "[]", '{"max_attempts":0}', '{"unknown":1}']],
  [
    "targets[1].signing",
    ["", "7", "{}", '{"scheme":"unknown"}', `{"scheme":"v1","previous":{"until":${BEYOND_A_DATE}}}`],
  ],
  ["targets[1].settles_at_ingest", [1, 2]],
  ["targets[1].paused_at", [-1, BEYOND_A_DATE]],
  ["targets[0].signing", ['{"scheme":"v1"}']],
];

describe("a file is refused whole, and leaves nothing behind,", () => {
  test.each(ROWS)("with a wrong %s", async (path, values) => {
    for (const value of values) {
      const to = value === null ? "json('null')" : typeof value === "number" ? value : `'${value}'`;
      const bytes = changed(`UPDATE webhook_export SET document = json_set(document, '$.${path}', ${to})`);
      await expectRefused(bytes, `${path}: ${value}`);
    }
  });

  test("that contains an id twice", async () => {
    for (const [from, to] of [
      ["webhook", "targets[0]"],
      ["targets[1]", "targets[0]"],
      ["entrypoints[0]", "targets[1]"],
    ]) {
      const same = `json_set(document, '$.${to}.id', document ->> '$.${from}.id')`;
      await expectRefused(changed(`UPDATE webhook_export SET document = ${same}`), `${from} and ${to}`);
    }
  });

  test("with event rows that pages could not show", async () => {
    for (const statement of [
      `UPDATE events SET received_at = ${BEYOND_A_DATE}`,
      "UPDATE events SET headers = 'null'",
      "UPDATE deliveries SET status = 'lost'",
      `UPDATE delivery_results SET started_at = ${BEYOND_A_DATE}`,
      "UPDATE delivery_results SET response_headers = '[7]'",
      "UPDATE events SET id = 'odd'",
    ]) {
      await expectRefused(changed(statement), statement);
    }
  });

  test("that is of a newer version, or not of the older version it claims", async () => {
    await expectRefused(changed(`PRAGMA user_version = ${eventMigrations.length + 1}`), "newer");
    for (const version of [-1, 0, 1, eventMigrations.length - 1]) {
      await expectRefused(changed(`PRAGMA user_version = ${version}`), `version ${version}`);
    }
  });

  test("with any damaged page", async () => {
    for (let at = 0; at < file.length; at += 5 * 4096) {
      const bytes = file.slice();
      bytes.fill(0xa5, at + 8, at + 200);
      // Or the damaged bytes were unused.
      const { status } = await upload(bytes);
      expect([at, status === 422 || status === 201]).toEqual([at, true]);
    }
    for (const length of [1, 15, 16, 100, 4095, 4096, file.length - 4096]) {
      await expectRefused(file.slice(0, length), `${length} bytes`);
    }
  });
});

describe("one file imported several times at once", () => {
  test("becomes as many webhooks, each with its events and its own ids", async () => {
    const { id: webhookId } = api.webhook;
    await api.useCases.webhooks.remove({ userId: api.ada, webhookId });
    const tokens = [undefined, BOB_TOKEN, undefined, BOB_TOKEN];
    const answers = await Promise.all(tokens.map((token) => upload(file, token)));
    // At most two are processed at a time; the others are told to retry.
    const kept = answers.filter(({ status }) => status === 201).map(({ body }) => importSchema.parse(body));
    expect(kept.length).toBeGreaterThan(0);
    expect(answers.filter(({ status }) => status !== 201).every(({ status }) => status === 503)).toBe(true);
    const ids = kept.flatMap(({ webhook, entrypoints, targets }) =>
      [webhook, ...entrypoints, ...targets].map(({ id }) => id),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const { webhook } of kept) expect(await api.events.countEvents(webhook.id)).toBe(1);
  });
});

test("an event file without a webhook is not overwritten: the import gets another id", async () => {
  const id = newId();
  const orphan = join(api.dataDir, `events-${id}.db`);
  writeFileSync(orphan, "somebody's");
  const moved = changed(`UPDATE webhook_export SET document = json_set(document, '$.webhook.id', '${id}')`);
  const { webhook } = importSchema.parse((await upload(moved)).body);
  expect(webhook.id).not.toBe(id);
  expect(await Bun.file(orphan).text()).toBe("somebody's");
  expect(existsSync(join(api.dataDir, `events-${webhook.id}.db`))).toBe(true);
});

test("notices do not go to another user's target, or to a missing one", async () => {
  const { id: bobs } = await api.useCases.webhooks.create({ userId: api.bob, input: { name: "Bob's" } });
  const input = { name: "Victim", type: "log" };
  const victim = await api.useCases.targets.create({ userId: api.bob, webhookId: bobs, input });
  for (const email of [null, "ops@example.com"]) {
    const notices = { target_id: victim.id, email, on: ["target_failing"] };
    const settings = JSON.stringify({ retention_days: 5, notices });
    const set = `json_set(document, '$.webhook.settings', '${settings}')`;
    const { webhook } = importSchema.parse(
      (await upload(changed(`UPDATE webhook_export SET document = ${set}`))).body,
    );
    expect(webhook).toMatchObject({
      retention_days: 5,
      notices: email === null ? null : { target_id: null, email, on: ["target_failing"] },
    });
  }
  const own = importSchema.parse((await upload(file)).body);
  const bank = own.targets.find(({ name }) => name === "Bank");
  expect(own.webhook.notices?.target_id).toBe(bank?.id ?? "");
});

describe("a file of a version that kept each setting of a webhook in a column of its own", () => {
  type Columns = Readonly<Record<"retention_days" | "retention_bytes" | "notices", unknown>>;
  const none: Columns = { retention_days: null, retention_bytes: null, notices: null };

  function older(columns: Partial<Columns>): Uint8Array<ArrayBuffer> {
    const values = JSON.stringify({ ...none, ...columns });
    const row = `json_patch(json_remove(document ->> '$.webhook', '$.settings'), '${values}')`;
    const set = `json_set(document, '$.schema', 8, '$.webhook', json(${row}))`;
    return changed(`UPDATE webhook_export SET document = ${set}`);
  }

  test("is imported with these settings", async () => {
    const { webhook: plain } = importSchema.parse((await upload(older({}))).body);
    expect(plain).toMatchObject(none);
    const notices = { target_id: null, email: "ops@example.com", on: ["target_failing"] };
    const given = { retention_days: 5, retention_bytes: 2_000_000 };
    const { body } = await upload(older({ ...given, notices: JSON.stringify(notices) }));
    expect(importSchema.parse(body).webhook).toMatchObject({ ...given, notices });
  });

  test("is refused with wrong ones", async () => {
    const wrong: readonly Partial<Columns>[] = [
      ...[0, 1.5, 1e6, "soon"].map((retention_days) => ({ retention_days })),
      { retention_bytes: 1 },
      ...["", "7", "{}", '{"on":[]}', '{"target_id":7}'].map((notices) => ({ notices })),
    ];
    for (const columns of wrong) await expectRefused(older(columns), JSON.stringify(columns));
  });
});
