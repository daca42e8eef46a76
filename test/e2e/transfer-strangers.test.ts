/** Imports a stranger's file into the executable: another user's ids in every id column reach nothing of theirs. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { importSchema } from "../../src/api/schemas.ts";
import type { Gateway } from "../support/gateway.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";
import { addressOf, listRegisteredRoutes, type RegisteredRoute } from "../support/registered-routes.ts";
import {
  addPerson,
  administrator,
  apiOf,
  createWebhookInUse,
  type Ids,
  idsOf,
  type Person,
  rejectOne,
  startSite,
  type WebhookInUse,
} from "../support/site.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

const PASSPHRASE = "a passphrase of the test";
const SECRET = "Bearer of-the-victim";

let gateway: Gateway;
let victims: Receiver;
let strangers: Receiver;
let victim: Person;
let stranger: Person;
let theirs: WebhookInUse;
let file: Uint8Array;
let document: string;
let routes: readonly RegisteredRoute[];

beforeAll(async () => {
  [gateway, victims, strangers, routes] = await Promise.all([
    startSite({ LOG_LEVEL: "info" }),
    startReceiver(),
    startReceiver(),
    listRegisteredRoutes(),
  ]);
  victim = await administrator(gateway);
  stranger = await addPerson(gateway, "mallory");
  theirs = await createWebhookInUse(gateway, { api: apiOf(gateway, victim), receiver: victims });
  const target = `/webhooks/${theirs.webhookId}/targets/${theirs.targetId}`;
  const config = { url: `${victims.url}/in`, headers: { authorization: SECRET } };
  await apiOf(gateway, victim).request("PATCH", target, { config });
  file = await exportRich();
});

afterAll(async () => {
  await gateway.remove();
  await victims.close();
  await strangers.close();
});

/** Creates a file with rows in every table. */
async function exportRich(): Promise<Uint8Array> {
  const api = apiOf(gateway, stranger);
  const own = await createWebhookInUse(gateway, { api, receiver: strangers });
  const path = `/webhooks/${own.webhookId}`;
  const door = `${path}/entrypoints/${own.entrypointId}`;
  await api.request("PATCH", door, { deduplicate_by: "body" });
  for (let n = 0; n < 3; n++) await post(own.entrypointId, "the same");
  await api.request("PATCH", `${path}/targets/${own.targetId}`, { paused: true });
  await post(own.entrypointId, "held");
  await rejectOne(gateway, { api, setup: own, body: "released" });
  await api.request("POST", `${path}/rejected/verify`, {});
  await rejectOne(gateway, { api, setup: own, body: "stays" });
  await api.request("PATCH", path, {
    notices: { target_id: own.targetId, email: null, on: ["target_failing"] },
  });
  // The paused target's deliveries become held a moment later. Pending ones would wait behind the circuit that is added.
  await api.waitUntilSettled(own.webhookId);
  const answer = await fetch(`${gateway.origin}/api/v1${path}/export`, { headers: passphraseHeaders() });
  const bytes = await answer.bytes();
  document = withDatabase(bytes, (db) => {
    db.run("INSERT INTO open_circuits VALUES (?, 1, 'It was down.')", [own.targetId]);
    return textOf(db, "SELECT document AS text FROM webhook_export");
  }).result;
  return withDatabase(bytes, (db) => {
    db.run("INSERT OR IGNORE INTO open_circuits VALUES (?, 1, 'It was down.')", [own.targetId]);
  }).bytes;
}

async function post(entrypointId: string, body: string): Promise<void> {
  await (await fetch(gateway.entrypointUrl(entrypointId), { method: "POST", body })).arrayBuffer();
}

function passphraseHeaders(): Record<string, string> {
  return {
    authorization: `Bearer ${stranger.key}`,
    "x-webhooker-passphrase": Buffer.from(PASSPHRASE).toString("base64"),
  };
}

function textOf(db: Database, sql: string): string {
  return db.query<{ text: string }, []>(sql).get()?.text ?? "";
}

/** Returns a copy of the file, changed by `change`. */
function withDatabase<T>(bytes: Uint8Array, change: (db: Database) => T): { result: T; bytes: Uint8Array } {
  const path = join(gateway.folder, "changed.db");
  writeFileSync(path, bytes);
  const db = new Database(path);
  try {
    return { result: change(db), bytes: new Uint8Array(db.serialize()) };
  } finally {
    db.close();
  }
}

type IdColumn = Readonly<{ table: string; name: string }>;

function listIdColumns(): readonly IdColumn[] {
  return withDatabase(file, (db) =>
    db
      .query<IdColumn, []>(
        `SELECT m.name AS "table", c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
          WHERE m.type = 'table' AND (c.name = 'id' OR c.name LIKE '%_id' OR c.name = 'asked_by')`,
      )
      .all(),
  ).result;
}

/** Returns the victim's value for the same role as the ids of a column. */
function victimsIdFor(name: string): string {
  if (name === "target_id") return theirs.targetId;
  if (name === "entrypoint_id") return theirs.entrypointId;
  return name === "asked_by" ? theirs.webhookId : theirs.eventId;
}

async function upload(bytes: Uint8Array, query = ""): Promise<Response> {
  const body = new Blob([new Uint8Array(bytes)]);
  return fetch(`${gateway.origin}/api/v1/webhooks/import${query}`, {
    method: "POST",
    headers: passphraseHeaders(),
    body,
  });
}

const BODIES: readonly (readonly [end: string, body: () => unknown])[] = [
  ["/replays", () => ({ filter: {} })],
  ["/replay", () => ({})],
  ["/verify", () => ({})],
];

/**
 * Performs everything that a person or a program can do with the webhook, except deleting it, and except running SQL, which
 * reads one file only and starts a process each time.
 */
async function useAll(ids: Ids, names = (_path: string) => true): Promise<void> {
  const own = routes.filter(({ method, path }) => {
    const isOfWebhook = path.startsWith("/source/") || path.startsWith("/api/v1/webhooks/");
    return (
      isOfWebhook && path.includes(":") && method !== "DELETE" && !/delete|cancel|\/sql$|\/query$/.test(path)
    );
  });
  for (const { method, path } of own.filter((each) => names(each.path))) {
    const isApi = path.startsWith("/api/");
    const [, body = () => ({})] = BODIES.find(([end]) => path.endsWith(end)) ?? [];
    const answer = await fetch(gateway.origin + addressOf(path, ids), {
      method,
      redirect: "manual",
      headers: isApi
        ? { authorization: `Bearer ${stranger.key}`, "content-type": "application/json" }
        : { cookie: stranger.cookie, accept: "text/html", "sec-fetch-site": "same-origin" },
      ...(method !== "GET" && {
        body: isApi ? JSON.stringify(body()) : new URLSearchParams({ all: "true" }),
      }),
    });
    await answer.body?.cancel();
    expect([method, path, answer.status < 500]).toEqual([method, path, true]);
  }
}

async function goOnWith(answer: Response): Promise<void> {
  const { webhook, entrypoints, targets } = importSchema.parse(await answer.json());
  const api = apiOf(gateway, stranger);
  const path = `/webhooks/${webhook.id}`;
  for (const { id } of targets) {
    const change = { active: true, paused: false, signing: { scheme: "none" } };
    await api.request("PATCH", `${path}/targets/${id}`, change);
  }
  const [event] = await api.waitUntilSettled(webhook.id);
  const nobody = crypto.randomUUID();
  const ids = {
    ...idsOf(theirs),
    id: webhook.id,
    webhook_id: webhook.id,
    memberId: nobody,
    member_id: nobody,
    invitationId: nobody,
    invitation_id: nobody,
    linkId: nobody,
    queryId: nobody,
  };
  // With the victim's ids where a part is named, and all with those of the webhook.
  await useAll(ids, (each) => /:(?!id\b|webhook_id\b)/.test(each));
  const parts = { target_id: targets[0]?.id ?? "", entrypoint_id: entrypoints[0]?.id ?? "" };
  const eventId = event?.id ?? theirs.eventId;
  await useAll({
    ...ids,
    ...parts,
    targetId: parts.target_id,
    entrypointId: parts.entrypoint_id,
    eventId,
    event_id: eventId,
  });
  for (const body of [{}, { target_id: theirs.targetId }]) {
    await api.request("POST", `${path}/events/${eventId}/replay`, body);
    await api.request("POST", `${path}/replays`, { filter: {}, ...body });
  }
  await api.waitUntilSettled(webhook.id);
}

async function seenByVictim(): Promise<unknown> {
  const path = `/webhooks/${theirs.webhookId}`;
  const api = apiOf(gateway, victim);
  const parts = ["", "/entrypoints", "/targets", "/events", "/rejected", "/replays"];
  return Promise.all(parts.map(async (part) => (await api.request("GET", path + part)).json()));
}

const errorCode = z.object({ error: z.object({ code: z.string() }) });

async function expectNothingReached(act: () => Promise<void>): Promise<void> {
  const before = await seenByVictim();
  const requests = victims.requests.length;
  await act();
  expect(victims.requests.length).toBe(requests);
  expect(await seenByVictim()).toEqual(before);
}

test("the victim's ids in each id column are refused or reach nothing of theirs", async () => {
  const columns = listIdColumns();
  expect(columns.length).toBeGreaterThan(20);
  await expectNothingReached(async () => {
    for (const { table, name } of columns) {
      const forged = withDatabase(file, (db) => {
        db.run(`UPDATE OR IGNORE ${table} SET ${name} = ?`, [victimsIdFor(name)]);
      }).bytes;
      const answer = await upload(forged);
      if (answer.status === 201) await goOnWith(answer);
      else
        expect([table, name, errorCode.parse(await answer.json()).error.code]).toEqual([
          table,
          name,
          "not_an_export",
        ]);
    }
  });
});

test("all of them together, consistent with each other and the document, reach nothing of the victim's", async () => {
  const columns = listIdColumns();
  await expectNothingReached(async () => {
    for (const inDocument of [false, true]) {
      const forged = withDatabase(file, (db) => {
        for (const { table, name } of columns) {
          if (name === "target_id" || name === "entrypoint_id")
            db.run(`UPDATE ${table} SET ${name} = ?`, [victimsIdFor(name)]);
        }
        const { webhook, entrypoints, targets } = z
          .object({ webhook: z.object({ id: z.string() }) })
          .extend({
            entrypoints: z.array(z.object({ id: z.string() })),
            targets: z.array(z.object({ id: z.string() })),
          })
          .parse(JSON.parse(document));
        if (!inDocument) return;
        const changed = document
          .replaceAll(webhook.id, theirs.webhookId)
          .replaceAll(entrypoints[0]?.id ?? "?", theirs.entrypointId)
          .replaceAll(targets[0]?.id ?? "?", theirs.targetId);
        db.run("UPDATE webhook_export SET document = ?", [changed]);
      }).bytes;
      // Its secrets are sealed for other ids than the document now has.
      if (inDocument) expect((await upload(forged)).status).toBe(422);
      await goOnWith(await upload(forged, inDocument ? "?secrets=leave_out" : ""));
    }
  });
});

test("the victim's webhook works as before", async () => {
  const requests = victims.requests.length;
  await post(theirs.entrypointId, "one more");
  await victims.waitFor(requests + 1);
  expect(victims.requests.at(-1)?.header("authorization")).toBe(SECRET);
});
