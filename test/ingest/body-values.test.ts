import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { sealConfig } from "../../src/settings/sealed-config.ts";
import { createStorageWorld, query, type StorageWorld } from "../storage/storage-world.ts";
import { createTestProviders } from "../support/providers.ts";
import { ENTRYPOINT, type IngestServer, keys, startIngest } from "./ingest-server.ts";

const WEBHOOK = "0198aaaa-bbbb-7ccc-8ddd-000000000001";
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const SECRET = "s3cret-s3cret";

let world: StorageWorld;
let ingest: IngestServer;

beforeEach(() => {
  world = createStorageWorld();
  ingest = startIngest({ events: world.events, maxBodyBytes: 8 * 1024 * 1024 });
});
afterEach(async () => {
  await ingest.stop();
  await world.dispose();
});

const targets = [
  { id: "all", settlesAtIngest: false, orderBy: "*" },
  { id: "lane", settlesAtIngest: false, orderBy: "customer" },
  { id: "none", settlesAtIngest: false },
];

function takeFromBody(): void {
  const settings = { event_type_from: "$.type", deduplicate_by: "value", deduplicate_value: "$.id" };
  ingest.setRoute({ webhookId: WEBHOOK, settings, targets });
}

async function post(body: string | Uint8Array, headers: Record<string, string> = {}) {
  const answer = await ingest.post("", { body: typeof body === "string" ? body : new Blob([body]), headers });
  const id = answer.headers.get("x-webhooker-event-id") ?? "";
  return { status: answer.status, id, isDuplicate: answer.headers.get("x-webhooker-duplicate") === "true" };
}

/** The values read from a stored event's body. */
async function takenOf(id: string) {
  const event = await world.events.findEvent(WEBHOOK, id);
  const same = await world.events.findDuplicates(WEBHOOK, id);
  const lanes = query<{ event_id: string; target_id: string; order_key: string | null }>(
    world.files.pathOf(WEBHOOK),
    "SELECT event_id, target_id, order_key FROM deliveries",
  ).filter(({ event_id }) => event_id === id);
  const keyOf = (target: string) => lanes.find(({ target_id }) => target_id === target)?.order_key ?? null;
  return {
    type: event?.type ?? null,
    lane: keyOf("lane"),
    whole: keyOf("all"),
    sameAs: same.sameKeyAs?.eventId ?? null,
  };
}

describe("type, key and lane", () => {
  test("are read from JSON, a form's fields and its payload, and compressed bodies alike", async () => {
    takeFromBody();
    const json = (id: number) => `{"type":"paid","id":${id},"customer":"c"}`;
    const sent: [(id: number) => string | Uint8Array, Record<string, string>, string][] = [
      [json, {}, '"c"'],
      [(id) => `type=paid&id=${id}&customer=c`, FORM, '"c"'],
      [(id) => `payload=${encodeURIComponent(json(id))}`, FORM, '"c"'],
      [(id) => gzipSync(json(id)), { "content-encoding": "gzip" }, '"c"'],
      [(id) => deflateSync(json(id)), { "content-encoding": "deflate" }, '"c"'],
      [(id) => brotliCompressSync(json(id)), { "content-encoding": "br" }, '"c"'],
      [(id) => gzipSync(`type=paid&id=${id}&customer=c`), { ...FORM, "content-encoding": "gzip" }, '"c"'],
    ];
    for (const [place, [make, headers, lane]] of sent.entries()) {
      const first = await post(make(place), headers);
      expect(await takenOf(first.id)).toEqual({ type: "paid", lane, whole: "*", sameAs: null });
      expect(await post(make(place), headers)).toEqual({ status: 200, id: first.id, isDuplicate: true });
      const stored = await world.events.findEvent(WEBHOOK, first.id);
      expect(Buffer.from(stored?.body ?? []).equals(Buffer.from(make(place)))).toBe(true);
    }
  });

  test("keep numbers as written", async () => {
    takeFromBody();
    const numbers = ["1610521604143693812", "1610521604143693813", "1e400", "2e400", "1", "1.0"];
    const ids = [];
    for (const number of numbers) {
      const { id } = await post(`{"type":${number},"id":${number},"customer":${number}}`);
      expect(await takenOf(id)).toEqual({ type: number, lane: number, whole: "*", sameAs: null });
      ids.push(id);
    }
    expect(new Set(ids).size).toBe(numbers.length);
  });

  test("are empty if the body exceeds the limits, and the event is stored all the same", async () => {
    takeFromBody();
    const bodies: [string | Uint8Array, Record<string, string>][] = [
      [Buffer.from('{"type":"Jos\u00e9","id":"Jos\u00e9","customer":"Jos\u00e9"}', "latin1"), {}],
      [Buffer.from('{"type":"Jos\u00e8","id":"Jos\u00e8","customer":"Jos\u00e8"}', "latin1"), {}],
      ["type=Jos%E9&id=Jos%E9&customer=Jos%E9", FORM],
      ["type=Jos%E8&id=Jos%E8&customer=Jos%E8", FORM],
      ['{"type":"\\ud83d","id":"\\ud83d","customer":"\\ud83d"}', {}],
      ['{"type":"\\ud83e","id":"\\ud83e","customer":"\\ud83e"}', {}],
      [`{"type":"a","id":"a","customer":"a","x":"${"x".repeat(1024 * 1024)}"}`, {}],
      [`{"type":"a","id":"a","customer":"a","x":${"[".repeat(100_000)}}`, {}],
      [`type=a&id=a&customer=a${"&x".repeat(130_000)}`, FORM],
      [
        gzipSync(`{"type":"a","id":"a","customer":"a","x":"${"x".repeat(2_000_000)}"}`),
        { "content-encoding": "gzip" },
      ],
      ["\u00e9: nothing compressed", { "content-encoding": "br" }],
    ];
    for (const [body, headers] of bodies) {
      const { status, id, isDuplicate } = await post(body, headers);
      expect([status, isDuplicate]).toEqual([200, false]);
      expect(await takenOf(id)).toEqual({ type: null, lane: null, whole: "*", sameAs: null });
    }
    expect(world.storedIds(WEBHOOK)).toHaveLength(bodies.length);
  });
});

describe("a verification that reads bodies", () => {
  const verifyWith = (type: string, config: Record<string, unknown>) => {
    const { fields } = createTestProviders().get(type);
    const sealed = sealConfig({ type: { fields }, config, owner: `entrypoints:${ENTRYPOINT}`, keys });
    ingest.setRoute({ webhookId: WEBHOOK, verification: { type, config: sealed } });
  };

  test("refuses a body that is too large or too deep, and tells the owner why", async () => {
    const nested = "[".repeat(3_000_000);
    const json = `{"value":[${'{"clientState":"x"},'.repeat(60_000)}{}]}`;
    for (const [type, body, headers, reason] of [
      ["mailgun", nested, {}, "The body is larger than 1 MiB."],
      ["mailgun", nested.slice(0, 1_000_000), {}, "The JSON is nested deeper than 128 levels."],
      ["microsoft-graph", json, {}, "The body is larger than 1 MiB."],
      ["twilio", "a&".repeat(500), { ...FORM, "x-twilio-signature": "AAAA" }, "Signature mismatch"],
      ["twilio", "a&".repeat(1_001), { ...FORM, "x-twilio-signature": "AAAA" }, "1000 fields"],
      ["twilio", "a".repeat(300_000), { ...FORM, "x-twilio-signature": "AAAA" }, "256 KiB"],
      ["twilio", "a=%E9", { ...FORM, "x-twilio-signature": "AAAA" }, "not valid UTF-8"],
    ] as const) {
      verifyWith(type, { secret: SECRET });
      expect((await post(body, headers)).status).toBe(401);
      ingest.clock.advance(60_000);
      expect((await post(body, headers)).status).toBe(401);
      const { fields } = ingest.lines.findLast(({ level }) => level === "warn") ?? {};
      expect([type, String(fields?.reason)]).toEqual([type, expect.stringContaining(reason)]);
    }
  });

  test("accepts a compressed body, which it decompresses before the sender is known", async () => {
    verifyWith("microsoft-graph", { secret: SECRET });
    const body = JSON.stringify({ value: [{ clientState: SECRET, changeType: "created" }] });
    const { status, id } = await post(gzipSync(body), { "content-encoding": "gzip" });
    expect(status).toBe(200);
    expect((await world.events.findEvent(WEBHOOK, id))?.type).toBe("created");
    const wrong = gzipSync(body.replace(SECRET, "another"));
    expect((await post(wrong, { "content-encoding": "gzip" })).status).toBe(401);
  });

  test("uses values of the body as written", async () => {
    verifyWith("hmac", { secret: SECRET, header: "X-Signature", template: "{$.id}.{body}" });
    const id = "1610521604143693813";
    const body = `{"id":${id}}`;
    const mac = (text: string) => createHmac("sha256", SECRET).update(text).digest("hex");
    expect((await post(body, { "x-signature": mac(`${id}.${body}`) })).status).toBe(200);
    expect((await post(body, { "x-signature": mac(`${Number(id)}.${body}`) })).status).toBe(401);
  });
});
