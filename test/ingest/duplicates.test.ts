/** Duplicates over real HTTP and a real event file. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { createMetrics } from "../../src/observability/metrics.ts";
import { listLedgerFaults } from "../../src/storage/event-db/numbers/ledger.ts";
import type { Provider } from "../../src/verification/provider.ts";
import { createStorageWorld, type StorageWorld } from "../storage/storage-world.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestProviders } from "../support/providers.ts";
import { type IngestServer, startIngest } from "./ingest-server.ts";

const WEBHOOK = "11111111-1111-4111-8111-111111111111";

const provider: Provider = {
  ...createTestProviders().get("github"),
  type: "scripted",
  fields: [],
  prepare: () => ({
    verify: () => ({ accepted: true }),
    eventType: () => "push",
    duplicateId: ({ headers }) => headers.get("x-delivery"),
  }),
};

let world: StorageWorld;
let ingest: IngestServer;
const { counts, ...metrics } = createMetrics({ clock: createFakeClock() });

beforeEach(() => {
  world = createStorageWorld();
  ingest = startIngest({ events: world.events, metrics, providers: { get: () => provider } });
});
afterEach(async () => {
  await ingest.stop();
  await world.writer.drain();
  expect(listLedgerFaults(world.files.open(WEBHOOK).db)).toEqual([]);
  await world.dispose();
});

function dedupBy(deduplicate_by: string, deduplicate_value: string | null = null): void {
  ingest.setRoute({ webhookId: WEBHOOK, settings: { deduplicate_by, deduplicate_value } });
}

async function send(body: string, headers: Record<string, string> = {}) {
  const answer = await ingest.post("", { body, headers });
  expect(answer.status).toBe(200);
  const id = answer.headers.get("x-webhooker-event-id");
  expect(await answer.json()).toEqual({ id });
  return { id, isDuplicate: answer.headers.get("x-webhooker-duplicate") === "true" };
}

test("64 simultaneous copies become one event, and all responses contain its id", async () => {
  dedupBy("body");
  const before = counts.duplicates;
  const answers = await Promise.all(Array.from({ length: 64 }, () => send("the same")));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(answers.filter(({ isDuplicate }) => !isDuplicate)).toHaveLength(1);
  expect(world.storedIds(WEBHOOK)).toEqual([answers[0]?.id ?? ""]);
  expect(counts.duplicates - before).toBe(63);
});

test("duplicates are recognized by a header, and a different body is a separate event", async () => {
  dedupBy("value", "X-Id");
  const first = await send("a", { "x-id": "1" });
  expect(await send("a", { "x-id": "1" })).toEqual({ id: first.id, isDuplicate: true });
  const other = await send("b", { "x-id": "1" });
  expect(other.isDuplicate).toBe(false);
  expect(await send("b", { "x-id": "1" })).toEqual({ id: other.id, isDuplicate: true });
  expect((await send("a", { "x-id": "2" })).isDuplicate).toBe(false);
  // Events without a key are not duplicates of each other.
  expect((await send("a")).isDuplicate).toBe(false);
  expect((await send("a")).isDuplicate).toBe(false);
  expect(await world.events.findDuplicates(WEBHOOK, first.id ?? "")).toMatchObject({
    count: 1,
    differing: 0,
    last: [{ remoteAddress: "127.0.0.1", bodySize: 1, bodyDiffers: false }],
  });
});

test("requests without a body are distinguished by method, path and query", async () => {
  dedupBy("value", "X-Id");
  const post = async (tail: string) => {
    const answer = await ingest.post(tail, { headers: { "x-id": "1" } });
    return answer.headers.get("x-webhooker-event-id");
  };
  const ids = [await post("?order=1"), await post("?order=2"), await post("/1"), await post("")];
  expect(new Set(ids).size).toBe(4);
  expect([await post("?order=1"), await post("?order=2"), await post("/1"), await post("")]).toEqual(ids);
});

test("a different body with the same key is dropped if the entrypoint is configured so", async () => {
  ingest.setRoute({
    webhookId: WEBHOOK,
    settings: { deduplicate_by: "value", deduplicate_value: "X-Id", deduplicate_differing: "drop" },
  });
  const first = await send("a", { "x-id": "1" });
  expect(await send("b", { "x-id": "1" })).toEqual({ id: first.id, isDuplicate: true });
  expect(world.storedIds(WEBHOOK)).toEqual([first.id ?? ""]);
});

test("duplicates are recognized by a path in the JSON body, and hostile bodies do no harm", async () => {
  dedupBy("value", "$.data.id");
  const sameKeyAs = async ({ id }: { id: string | null }) =>
    (await world.events.findDuplicates(WEBHOOK, id ?? "")).sameKeyAs?.eventId ?? null;
  const seven = await send('{"data":{"id":7},"n":1}');
  expect(await send('{"data":{"id":7},"n":1}')).toEqual({ id: seven.id, isDuplicate: true });
  expect(await sameKeyAs(await send('{"data":{"id":7},"n":2}'))).toBe(seven.id);
  for (const body of [
    "{",
    "[]",
    '{"data":null}',
    '{"data":{"id":{}}}',
    `{"data":{"id":"${"x".repeat(300)}"}}`,
  ]) {
    expect((await send(body)).isDuplicate).toBe(false);
    expect((await send(body)).isDuplicate).toBe(false);
  }
  // Long values are compared by hash, which a sender cannot use as a value.
  const long = "y".repeat(200);
  const first = await send(`{"data":{"id":"${long}"}}`);
  expect(await send(`{"data":{"id":"${long}"}}`)).toEqual({ id: first.id, isDuplicate: true });
  expect(await sameKeyAs(await send(`{"data":{"id":"${long}"}, "n": 2}`))).toBe(first.id);
  const named = createHash("sha256").update(long).digest("base64url");
  expect(await sameKeyAs(await send(`{"data":{"id":"${named}"}}`))).toBeNull();
});

test("duplicates are recognized by the provider's id", async () => {
  ingest.setRoute({
    webhookId: WEBHOOK,
    verification: { type: "scripted", config: {} },
    settings: { deduplicate_by: "provider" },
  });
  const first = await send("a", { "x-delivery": "1" });
  expect(await send("a", { "x-delivery": "1" })).toEqual({ id: first.id, isDuplicate: true });
  expect((await world.events.findEvent(WEBHOOK, first.id ?? ""))?.type).toBe("push");
});

test("requests without a body, and entrypoints without deduplication, have no duplicates", async () => {
  dedupBy("body");
  for (let n = 0; n < 2; n++) expect((await send("")).isDuplicate).toBe(false);
  ingest.setRoute({ webhookId: WEBHOOK, settings: null });
  for (let n = 0; n < 2; n++) expect((await send("a")).isDuplicate).toBe(false);
  dedupBy("provider");
  for (let n = 0; n < 2; n++) expect((await send("a")).isDuplicate).toBe(false);
});
