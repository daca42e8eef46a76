/** Senders' secrets over real HTTP and a real event file: never on disk, and still usable for verification. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRulesReader } from "../../src/ingest/entrypoint-rules.ts";
import { createReverify } from "../../src/ingest/re-verify.ts";
import { createTargetChooser } from "../../src/ingest/target-chooser.ts";
import { createVerifierOpener } from "../../src/ingest/verifiers.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { type Sealer, sealConfig } from "../../src/settings/sealed-config.ts";
import { createRejectedStore, type RejectedStore } from "../../src/storage/stores/rejected-store.ts";
import { createStorageWorld, type StorageWorld } from "../storage/storage-world.ts";
import { createTestProviders } from "../support/providers.ts";
import { createRecordingLog } from "../support/recording-log.ts";
import { BASE_URL, ENTRYPOINT, type IngestServer, keys, startIngest } from "./ingest-server.ts";

const WEBHOOK = "11111111-1111-4111-8111-111111111111";
const RIGHT = "right-secret+1/7";
const WRONG = "wrong-secret+2/8";
const providers = createTestProviders();

type Sending = Readonly<{ tail: string; headers: Record<string, string> }>;

type Case = Readonly<{
  type: string;
  config?: Record<string, unknown>;
  send: (secret: string) => Sending;
  /** The stored form. */
  header?: string;
  query?: string;
}>;

const header = (name: string, value: string): Sending => ({ tail: "?a=1", headers: { [name]: value } });
const inQuery = (name: string, secret: string): Sending => ({
  tail: `?a=1&${name}=${encodeURIComponent(secret)}&b=%20c`,
  headers: {},
});
const basic = (secret: string) => Buffer.from(`ada:${secret}`).toString("base64");

/** Like monday.com's token, which the secret signs. */
function token(secret: string): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256" })}.${part({ exp: 99_999_999_999 })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}

const CASES: readonly Case[] = [
  { type: "gitlab", send: (secret) => header("X-Gitlab-Token", secret), header: "x-gitlab-token" },
  {
    type: "basic",
    config: { username: "ada" },
    send: (secret) => header("Authorization", `Basic ${basic(secret)}`),
    header: "authorization",
  },
  { type: "bearer", send: (secret) => header("Authorization", `Bearer ${secret}`), header: "authorization" },
  { type: "api-key", send: (secret) => header("X-API-Key", secret), header: "x-api-key" },
  {
    type: "api-key",
    config: { place: "query", name: "key" },
    send: (secret) => inQuery("key", secret),
    query: "a=1&key=%5Bsecret%5D&b=%20c",
  },
  {
    type: "api-key",
    config: { place: "query", name: "key" },
    send: (secret) => inQuery("k%65y", secret),
    query: "a=1&k%65y=%5Bsecret%5D&b=%20c",
  },
  { type: "okta", send: (secret) => header("Authorization", secret), header: "authorization" },
  {
    type: "okta",
    config: { header: "X-Hook" },
    send: (secret) => header("X-Hook", secret),
    header: "x-hook",
  },
  {
    type: "ringcentral",
    send: (secret) => header("Verification-Token", secret),
    header: "verification-token",
  },
  { type: "event-grid", send: (secret) => inQuery("code", secret), query: "a=1&code=%5Bsecret%5D&b=%20c" },
  { type: "monday", send: (secret) => header("Authorization", token(secret)), header: "authorization" },
];

let world: StorageWorld;
let ingest: IngestServer;
let rejected: RejectedStore;

beforeEach(() => {
  world = createStorageWorld();
  rejected = createRejectedStore(world);
  ingest = startIngest({ events: world.events, rejected });
});
afterEach(async () => {
  await ingest.stop();
  await world.dispose();
});

function verifyBy({ type, config }: Pick<Case, "type" | "config">, secret: string) {
  const provider = providers.get(type);
  const parsed = provider.configSchema.parse({ ...config, secret });
  const sealed = sealConfig({ type: provider, config: parsed, owner: `entrypoints:${ENTRYPOINT}`, keys });
  const route = { webhookId: WEBHOOK, verification: { type, config: sealed } };
  ingest.setRoute(route);
  return route;
}

async function post({ tail, headers }: Sending): Promise<number> {
  return (await ingest.post(tail, { body: "{}", headers })).status;
}

function reverify(route: Parameters<typeof ingest.setRoute>[0], by: Pick<Sealer, "open"> = keys) {
  const { log } = createRecordingLog();
  const full = {
    entrypointId: ENTRYPOINT,
    active: true,
    webhookId: WEBHOOK,
    verification: null,
    settings: null,
    targets: [],
    ...route,
  };
  return createReverify({
    routing: { findRoute: () => full },
    openVerifier: createVerifierOpener({ providers, keys, log }),
    readRules: createRulesReader({ log }),
    store: rejected,
    clock: ingest.clock,
    keys: by,
    baseUrl: BASE_URL,
    chooser: createTargetChooser({ log }),
  })({ webhookId: WEBHOOK, ids: null, entrypointId: null });
}

/** Every byte of the event file, including its write-ahead log. */
async function onDisk(): Promise<string> {
  await world.writer.drain();
  const names = readdirSync(world.dataDir).filter((name) => name.includes(WEBHOOK));
  return names
    .map((name) => join(world.dataDir, name))
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, "latin1"))
    .join("\n");
}

async function expectNowhere(secret: string): Promise<void> {
  const bytes = await onDisk();
  expect(bytes).toContain("127.0.0.1");
  for (const form of [secret, encodeURIComponent(secret), basic(secret), token(secret)])
    expect(bytes.includes(form)).toBe(false);
}

async function storedRequest() {
  const [id = ""] = world.storedIds(WEBHOOK);
  return world.events.findEvent(WEBHOOK, id);
}

for (const each of CASES) {
  describe(`${each.type} ${JSON.stringify(each.config ?? {})} ${each.query ?? ""}`, () => {
    const expectMasked = (
      request: { headers: readonly (readonly [string, string])[]; query: string } | null,
    ) => {
      if (each.header !== undefined) expect(request?.headers).toContainEqual([each.header, "[secret]"]);
      expect(request?.query).toBe(each.query ?? "a=1");
    };

    test("the secret of an event is not on disk, and its place is marked", async () => {
      verifyBy(each, RIGHT);
      expect(await post(each.send(RIGHT))).toBe(200);
      expectMasked(await storedRequest());
      await expectNowhere(RIGHT);
    });

    test("a rejected request's secret is never shown, and passes once the entrypoint's is corrected", async () => {
      verifyBy(each, WRONG);
      expect(await post(each.send(RIGHT))).toBe(401);
      const [kept] = (await rejected.list(WEBHOOK, { entrypointId: null, limit: 5, cursor: null })).requests;
      expectMasked(await rejected.find(WEBHOOK, kept?.id ?? ""));
      await expectNowhere(RIGHT);
      expect((await reverify(verifyBy(each, WRONG))).eventIds).toEqual([]);
      expect((await reverify(verifyBy(each, RIGHT))).eventIds).toHaveLength(1);
      expectMasked(await storedRequest());
      await expectNowhere(RIGHT);
    });
  });
}

test("headers that repeat the secret, as proxies write them, are masked too, and no others", async () => {
  const route = verifyBy({ type: "api-key", config: { place: "query", name: "key" } }, WRONG);
  const sending = inQuery("key", RIGHT);
  const headers = {
    "X-Forwarded-Uri": `/webhook/1${sending.tail}`,
    "X-Original-Url": `/webhook/1?key=${RIGHT}`,
    "X-Other": "kept",
    "Content-Type": `text/plain; x=${RIGHT}`,
  };
  expect(await post({ ...sending, headers })).toBe(401);
  expect(route.verification.type).toBe("api-key");
  const again = verifyBy({ type: "api-key", config: { place: "query", name: "key" } }, RIGHT);
  expect((await reverify(again)).eventIds).toHaveLength(1);
  const stored = new Map((await storedRequest())?.headers ?? []);
  expect(stored.get("x-forwarded-uri")).toBe("[secret]");
  expect(stored.get("x-original-url")).toBe("[secret]");
  expect(stored.get("x-other")).toBe("kept");
  expect(stored.get("content-type")).toBe(headers["Content-Type"]);
});

test("a rejected request stays masked if its entrypoint now verifies differently, or not at all", async () => {
  verifyBy({ type: "bearer" }, WRONG);
  const { headers } = header("Authorization", `Bearer ${RIGHT}`);
  expect(await post({ tail: "", headers: { ...headers, "X-API-Key": RIGHT } })).toBe(401);
  const again = verifyBy({ type: "api-key" }, RIGHT);
  expect((await reverify(again)).eventIds).toHaveLength(1);
  await expectNowhere(RIGHT);
});

test("a rejected request whose secret was encrypted with another key reports that and stays", async () => {
  verifyBy({ type: "bearer" }, WRONG);
  expect(await post(header("Authorization", `Bearer ${RIGHT}`))).toBe(401);
  const other = createKeyRing(new Uint8Array(32).fill(9));
  expect(await reverify(verifyBy({ type: "bearer" }, RIGHT), other)).toEqual({ checked: 1, eventIds: [] });
  const [kept] = (await rejected.list(WEBHOOK, { entrypointId: null, limit: 5, cursor: null })).requests;
  expect(kept?.reason).toContain("SECRET_KEY");
});

test("a rejected request imported without its secret reports that and stays", async () => {
  verifyBy({ type: "bearer" }, WRONG);
  expect(await post(header("Authorization", `Bearer ${RIGHT}`))).toBe(401);
  world.inFile(WEBHOOK, ({ db }) => db.run("UPDATE rejected_requests SET sealed_secret = NULL"));
  expect((await reverify(verifyBy({ type: "bearer" }, RIGHT))).eventIds).toEqual([]);
  const [kept] = (await rejected.list(WEBHOOK, { entrypointId: null, limit: 5, cursor: null })).requests;
  expect(kept?.reason).toBe("The request's secret is no longer kept.");
});

test("an entrypoint without verification stores requests as received", async () => {
  ingest.setRoute({ webhookId: WEBHOOK });
  expect(await post(header("Authorization", `Bearer ${RIGHT}`))).toBe(200);
  expect((await storedRequest())?.headers).toContainEqual(["authorization", `Bearer ${RIGHT}`]);
});

test("neither the type nor the deduplication key is read from the secret's place", async () => {
  const route = verifyBy({ type: "api-key" }, RIGHT);
  ingest.setRoute({
    ...route,
    settings: { event_type_from: "X-API-Key", deduplicate_by: "value", deduplicate_value: "X-API-Key" },
  });
  expect(await post(header("X-API-Key", RIGHT))).toBe(200);
  expect((await storedRequest())?.type).toBe("[secret]");
  await expectNowhere(RIGHT);
});
