/** Rejected requests over real HTTP and a real event file: bounded, and never in the way of events. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { newIdAt } from "../../src/lib/ids.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import { MOST_BYTES, MOST_REQUESTS } from "../../src/storage/event-db/rejected.ts";
import { createRejectedStore, type RejectedStore } from "../../src/storage/stores/rejected-store.ts";
import { type Provider, refused } from "../../src/verification/provider.ts";
import { createStorageWorld, type StorageWorld } from "../storage/storage-world.ts";
import { createTestProviders } from "../support/providers.ts";
import { ENTRYPOINT, type IngestServer, startIngest } from "./ingest-server.ts";

const WEBHOOK = "11111111-1111-4111-8111-111111111111";
const REASON = "The signature is not right.";

const provider: Provider = {
  ...createTestProviders().get("github"),
  type: "scripted",
  fields: [],
  prepare: () => ({
    verify: ({ headers }) => (headers.get("x-good") === null ? refused(REASON) : { accepted: true }),
    eventType: () => null,
    duplicateId: () => null,
  }),
};

let world: StorageWorld;
let ingest: IngestServer;
let rejected: RejectedStore;

beforeEach(() => {
  world = createStorageWorld();
  rejected = createRejectedStore(world);
  ingest = startIngest({
    events: world.events,
    rejected,
    providers: { get: () => provider },
    maxBodyBytes: 8_000_000,
  });
  ingest.setRoute({ webhookId: WEBHOOK, verification: { type: "scripted", config: {} } });
});
afterEach(async () => {
  await ingest.stop();
  await world.writer.drain();
  expect(listLedgerFaults(world.files.open(WEBHOOK).db)).toEqual([]);
  await world.dispose();
});

const list = async () =>
  (await rejected.list(WEBHOOK, { entrypointId: null, limit: 2_000, cursor: null })).requests;

async function refuse(init: RequestInit = { body: "a" }): Promise<void> {
  expect((await ingest.post("/x?y=z", init)).status).toBe(401);
}

test("a rejected request is stored as received with the reason, and is not an event", async () => {
  const body = Uint8Array.from({ length: 256 }, (_, value) => value);
  await refuse({ body, headers: { "content-type": "application/json", "x-signature": "wrong" } });
  const [kept] = await list();
  expect(kept).toMatchObject({ entrypointId: ENTRYPOINT, reason: REASON, pathTail: "/x", query: "y=z" });
  const found = await rejected.find(WEBHOOK, kept?.id ?? "");
  expect(new Uint8Array(found?.body ?? [])).toEqual(body);
  expect(found?.headers).toContainEqual(["x-signature", "wrong"]);
  expect(world.storedIds(WEBHOOK)).toEqual([]);
});

test("an entrypoint configured not to keep rejected requests keeps none", async () => {
  ingest.setRoute({ settings: { keep_rejected: false } });
  await refuse();
  expect(await list()).toEqual([]);
});

test("an unwritable file does not change the response", async () => {
  const broken = startIngest({
    rejected: { keep: () => Promise.reject(new Error("full")) },
    providers: { get: () => provider },
  });
  broken.setRoute({ verification: { type: "scripted", config: {} } });
  expect((await broken.post("", { body: "a" })).status).toBe(401);
  await broken.stop();
});

describe("a sender of many rejected requests", () => {
  test("gets only a few a second stored, while verified events continue", async () => {
    for (let n = 0; n < 30; n++) await Promise.all(Array.from({ length: 10 }, () => refuse()));
    expect(await list()).toHaveLength(200);
    expect((await ingest.post("", { body: "a", headers: { "x-good": "1" } })).status).toBe(200);
    ingest.clock.advance(1_000);
    for (let n = 0; n < 30; n++) await refuse();
    expect(await list()).toHaveLength(220);
  });

  test("gets only some megabytes of large bodies stored, and none that is too large", async () => {
    await refuse({ body: "x".repeat(5_000_000) });
    expect(await list()).toHaveLength(0);
    for (let n = 0; n < 6; n++) await refuse({ body: "x".repeat(4_000_000) });
    expect(await list()).toHaveLength(4);
  });
});

describe("of one entrypoint", () => {
  function keep(n: number, body: Uint8Array, entrypointId = ENTRYPOINT): Promise<void> {
    return world.writer.run(WEBHOOK, {
      name: "keepRejected",
      draft: {
        id: newIdAt(1_000 + n),
        entrypointId,
        receivedAt: 1_000 + n,
        reason: REASON,
        sealedSecret: null,
        body,
        method: "POST",
        pathTail: "",
        query: "",
        headers: [],
        contentType: "",
        remoteAddress: "",
      },
    });
  }

  test("the oldest are deleted beyond the limit, and another entrypoint's stay", async () => {
    await keep(0, new Uint8Array(1), "another");
    await Promise.all(Array.from({ length: MOST_REQUESTS + 5 }, (_, n) => keep(n, new Uint8Array(1))));
    const counts = await rejected.count(WEBHOOK);
    expect([counts.get(ENTRYPOINT), counts.get("another")]).toEqual([MOST_REQUESTS, 1]);
    expect(
      (await list()).some(
        ({ entrypointId, receivedAt }) => entrypointId === ENTRYPOINT && receivedAt < 1_005,
      ),
    ).toBe(false);
  });

  test("they are listed separately, page by page", async () => {
    for (let n = 0; n < 6; n++) await keep(n, new Uint8Array(1), n % 2 === 0 ? ENTRYPOINT : "another");
    const asked = { entrypointId: ENTRYPOINT, limit: 2 };
    const newest = await rejected.list(WEBHOOK, { ...asked, cursor: null });
    const older = await rejected.list(WEBHOOK, { ...asked, cursor: newest.nextCursor });
    const times = [newest, older].map(({ requests }) => requests.map(({ receivedAt }) => receivedAt));
    expect(times).toEqual([[1_004, 1_002], [1_000]]);
    expect(older.nextCursor).toBeNull();
    const ids = [...newest.requests, ...older.requests].map(({ id }) => id).reverse();
    expect(await rejected.listIds(WEBHOOK, ENTRYPOINT)).toEqual(ids);
    expect(await rejected.listIds(WEBHOOK, null)).toHaveLength(6);
  });

  test("the oldest are deleted beyond the size limit", async () => {
    for (let n = 0; n < 6; n++) await keep(n, new Uint8Array(MOST_BYTES / 4 - 10));
    expect((await list()).map(({ receivedAt }) => receivedAt)).toEqual([1_005, 1_004, 1_003, 1_002]);
  });
});
