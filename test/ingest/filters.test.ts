import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import { TargetFilter } from "../../src/filters/target-filter.ts";
import type { RouteTarget } from "../../src/storage/main-db/routing.ts";
import { type IngestServer, startIngest } from "./ingest-server.ts";

let server: IngestServer;

beforeEach(() => {
  server = startIngest({ maxBodyBytes: 32 * 1024 * 1024 });
});

afterEach(() => server.stop());

function target(id: string, filter: unknown, more: Partial<RouteTarget> & { eventTypes?: string[] } = {}) {
  const { eventTypes = [], ...rest } = more;
  return { id, settlesAtIngest: false, wants: { eventTypes, filter }, ...rest };
}

const everything: RouteTarget = { id: "everything", settlesAtIngest: false };
const over100 = { body: { amount: { $gte: 100 } } };

/** Sends it, and says which targets got the event, did not, and could not be judged. */
async function fateOf(init: RequestInit = {}, tail = "") {
  const response = await server.post(tail, init);
  expect(response.status).toBe(200);
  const event = server.stored.at(-1);
  return {
    got: event?.targets.map(({ id }) => id),
    filtered: event?.filtered?.map(({ targetId }) => targetId),
    unjudged: event?.unjudged?.map(({ targetId }) => targetId),
  };
}

const json = (value: unknown): RequestInit => ({
  body: JSON.stringify(value),
  headers: { "content-type": "application/json" },
});

test("an event goes to the targets that want it, and is stored with those that do not", async () => {
  server.setRoute({ targets: [everything, target("large", over100), target("put", { method: "PUT" })] });
  expect(await fateOf(json({ amount: 120 }))).toEqual({
    got: ["everything", "large"],
    filtered: ["put"],
    unjudged: [],
  });
  expect(await fateOf(json({ amount: 12 }))).toEqual({
    got: ["everything"],
    filtered: ["large", "put"],
    unjudged: [],
  });
});

test("a mark names the filter by its fingerprint, another one for another filter", async () => {
  const fingerprintOf = (eventTypes: string[], filter: unknown) =>
    new TargetFilter({ eventTypes, filter }).fingerprint;
  server.setRoute({ targets: [target("large", over100)] });
  await fateOf(json({ amount: 12 }));
  expect(server.stored.at(-1)?.filtered).toEqual([
    { targetId: "large", fingerprint: fingerprintOf([], over100) },
  ]);
  const all = [
    fingerprintOf([], over100),
    fingerprintOf(["a"], over100),
    fingerprintOf([], { method: "PUT" }),
  ];
  expect(new Set(all).size).toBe(3);
});

test("a target without a filter costs no event anything", async () => {
  server.setRoute({ targets: [everything] });
  await fateOf(json({ amount: 12 }));
  const event = server.stored.at(-1);
  expect(event && [event.targets, "filtered" in event, "unjudged" in event]).toEqual([
    [everything],
    false,
    false,
  ]);
});

test("event types are those that the entrypoint finds", async () => {
  server.setRoute({
    settings: { event_type_from: "$.type" },
    targets: [target("orders", null, { eventTypes: ["order.*"] })],
  });
  expect((await fateOf(json({ type: "order.paid" }))).got).toEqual(["orders"]);
  expect((await fateOf(json({ type: "refund.paid" }))).filtered).toEqual(["orders"]);
  expect(await fateOf(json({}))).toEqual({ got: ["orders"], filtered: [], unjudged: ["orders"] });
});

describe("what cannot be judged is delivered, and marked so", () => {
  const bodies: readonly (readonly [name: string, init: RequestInit])[] = [
    ["no JSON", { body: "amount: 12" }],
    ["an empty body", { body: "" }],
    ["25 MB", { body: `{"amount":12,"text":"${"x".repeat(25_000_000)}"}` }],
    ["Latin-1 that is not said to be", { body: Buffer.from('{"amount":12,"by":"Ren\u00e9"}', "latin1") }],
    ["a text cut off", { body: '{"amount":12' }],
    ["gzip that is none", { body: "no gzip", headers: { "content-encoding": "gzip" } }],
  ];

  for (const [name, init] of bodies) {
    test(name, async () => {
      server.setRoute({ targets: [target("large", over100)] });
      expect(await fateOf(init)).toEqual({ got: ["large"], filtered: [], unjudged: ["large"] });
    });
  }
});

describe("a body is read as its headers say", () => {
  const over: readonly (readonly [name: string, of: (amount: number) => RequestInit])[] = [
    [
      "a form",
      (amount) => ({
        body: `amount=${amount}`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      }),
    ],
    [
      "a form's payload",
      (amount) => ({
        body: `payload=${encodeURIComponent(JSON.stringify({ amount }))}`,
        headers: { "content-type": "application/x-www-form-urlencoded" },
      }),
    ],
    [
      "gzip",
      (amount) => ({
        body: gzipSync(JSON.stringify({ amount })),
        headers: { "content-encoding": "gzip", "content-type": "application/json" },
      }),
    ],
    [
      "UTF-16",
      (amount) => ({
        body: Buffer.from(JSON.stringify({ amount }), "utf16le"),
        headers: { "content-type": "application/json; charset=utf-16le" },
      }),
    ],
  ];

  for (const [name, of] of over) {
    test(name, async () => {
      server.setRoute({ targets: [target("large", over100)] });
      expect((await fateOf(of(120))).got).toEqual(["large"]);
      expect((await fateOf(of(12))).filtered).toEqual(["large"]);
    });
  }
});

test("paths and queries are those after the entrypoint's own", async () => {
  server.setRoute({
    targets: [target("eu", { path: { $startsWith: "/eu/" }, query: { test: { $exist: false } } })],
  });
  expect((await fateOf({}, "/eu/1?a=b")).got).toEqual(["eu"]);
  expect((await fateOf({}, "/us/1")).filtered).toEqual(["eu"]);
  expect((await fateOf({}, "/eu/1?test=1")).filtered).toEqual(["eu"]);
});

test("of a target that keeps order only what it wants is in its lanes", async () => {
  server.setRoute({ targets: [target("large", over100, { orderBy: "customer" })] });
  await fateOf(json({ amount: 120, customer: "c" }));
  expect(server.stored.at(-1)?.targets).toMatchObject([{ id: "large", orderKey: '"c"' }]);
  expect(await fateOf(json({ amount: 12, customer: "c" }))).toEqual({
    got: [],
    filtered: ["large"],
    unjudged: [],
  });
});

test("a filter that cannot be read keeps nothing back, and is logged once", async () => {
  server.setRoute({ targets: [target("broken", { body: { $regex: "a" } })] });
  expect((await fateOf(json({}))).got).toEqual(["broken"]);
  expect((await fateOf(json({}))).got).toEqual(["broken"]);
  expect(server.lines.filter(({ message }) => message.includes("filter"))).toHaveLength(1);
});
