/** Misbehaving senders: nothing is stored partially, only stored events are acknowledged, and others are served. */
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { connect } from "node:net";
import fc from "fast-check";
import type { WebhookSetup } from "../support/api-client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { until } from "../support/until.ts";
import { begin, exchange, hangUp } from "./raw-exchange.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const MAX_BODY_BYTES = 100_000;
const RUNS = 150;

let gateway: Gateway;
let setup: WebhookSetup;

beforeAll(async () => {
  gateway = await startGateway({ env: { MAX_BODY_BYTES: String(MAX_BODY_BYTES) } });
});
beforeEach(async () => {
  setup = await gateway.api.setUpWebhook([{ type: "database" }]);
});
afterEach(async () => {
  expect(await gateway.api.isHealthy()).toBe(true);
  expect((await post()).status).toBe(200);
});
afterAll(() => gateway.remove());

function post(): Promise<Response> {
  return fetch(gateway.entrypointUrl(setup.entrypointId), { method: "POST", body: "good" });
}

function request(headers: string, body = "", more = "Connection: close\r\n"): string {
  return `POST /webhook/${setup.entrypointId} HTTP/1.1\r\nHost: localhost\r\n${more}${headers}\r\n${body}`;
}

const plain = (body: string, more?: string) => request(`Content-Length: ${body.length}\r\n`, body, more);

/** Returns the sizes of stored bodies, newest first. */
async function storedSizes(): Promise<number[]> {
  return (await gateway.api.listEvents(setup.webhookId)).map(({ body_size }) => body_size);
}

/** Returns everything received after sending bytes and then half-closing or breaking off the connection. */
function sendAndLeave(bytes: Uint8Array | string, how: "end" | "resetAndDestroy" = "end"): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: gateway.port, allowHalfOpen: true });
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (part) => {
    text += part;
  });
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.write(bytes, () => socket[how]());
  return new Promise((resolve) => socket.on("close", () => resolve(text)));
}

/** Returns the ids of the events that a response acknowledges. */
function acknowledged(text: string): string[] {
  return [...text.matchAll(/^x-webhooker-event-id: (\S+)/gim)].map(([, id]) => id ?? "");
}

async function untilStored(count: number): Promise<void> {
  await until(async () => (await storedSizes()).length >= count);
}

describe("a sender that half-closes the connection", () => {
  test("after its request has it stored completely, whether it gets a response or not", async () => {
    const text = await sendAndLeave(plain("x".repeat(50_000)));
    await untilStored(1);
    expect(await storedSizes()).toEqual([50_000]);
    expect(text === "" || acknowledged(text).length === 1).toBe(true);
  });

  test.each([
    ["before its body", "Content-Length: 9\r\n", ""],
    ["amid its body", "Content-Length: 9\r\n", "half"],
    ["between two chunks", "Transfer-Encoding: chunked\r\n", "4\r\nhalf\r\n"],
    ["amid a chunk", "Transfer-Encoding: chunked\r\n", "9\r\nhalf"],
  ])("%s has nothing stored, nor if it breaks off", async (_, headers, body) => {
    for (const how of ["end", "resetAndDestroy"] as const) {
      expect(acknowledged(await sendAndLeave(request(headers, body), how))).toEqual([]);
    }
    expect(await storedSizes()).toEqual([]);
  });
});

test("a length that is too short cuts the body there, and the rest is ignored", async () => {
  const answer = await exchange(gateway.port, request("Content-Length: 2\r\n", "hi, and more than that", ""));
  expect([200, 400]).toContain(answer.status ?? 0);
  await untilStored(1);
  expect(await storedSizes()).toEqual([2]);
});

describe("a sender that expects 100 Continue", () => {
  test("gets it, and is acknowledged", async () => {
    const answer = await exchange(
      gateway.port,
      request("Expect: 100-continue\r\nContent-Length: 2\r\n", "hi"),
    );
    expect(answer.head).toBe("HTTP/1.1 100 Continue");
    expect(answer.body).toStartWith("HTTP/1.1 200 OK");
    expect(await storedSizes()).toEqual([2]);
  });

  test("is refused for a body that is too large", async () => {
    const headers = `Expect: 100-continue\r\nContent-Length: ${MAX_BODY_BYTES + 1}\r\n`;
    expect((await exchange(gateway.port, request(headers))).body).toStartWith("HTTP/1.1 413");
    expect(await storedSizes()).toEqual([]);
  });
});

describe("pipelined requests", () => {
  test("are each stored completely once, or not at all, and get responses in order or a closed connection", async () => {
    const bodies = ["a", "bb", "ccc"];
    const bytes = bodies.map((body, index) => plain(body, index < 2 ? "" : undefined)).join("");
    const ids = acknowledged(await sendAndLeave(bytes));
    const events = await gateway.api.listEvents(setup.webhookId);
    expect(events.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    const sizes = events.map(({ body_size }) => body_size);
    expect(new Set(sizes).size).toBe(sizes.length);
    for (const size of sizes) expect([1, 2, 3]).toContain(size);
  });

  test("after a body that was too large are read after that body, not within it", async () => {
    const hidden = plain("bad");
    const refused = request(
      `Content-Length: ${MAX_BODY_BYTES * 3}\r\n`,
      hidden.padEnd(MAX_BODY_BYTES * 3, "\r\n"),
      "",
    );
    const text = await sendAndLeave(refused + plain("good"));
    expect(text).toStartWith("HTTP/1.1 413");
    expect(acknowledged(text).length).toBeLessThanOrEqual(1);
    for (const size of await storedSizes()) expect(size).toBe(4);
  });

  test("cannot hide behind trailers", async () => {
    const trailers = "2\r\nhi\r\n0\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n";
    await sendAndLeave(request("Transfer-Encoding: chunked\r\n", trailers, "") + plain("good"));
    for (const size of await storedSizes()) expect([2, 4]).toContain(size);
  });
});

test.each([
  ["one of 10 MB", `X: ${"a".repeat(10_000_000)}\r\n`],
  ["10 MB of them", `X: ${"a".repeat(1_000)}\r\n`.repeat(10_000)],
])("headers without measure are refused: %s", async (_, headers) => {
  const answer = await exchange(gateway.port, request(headers));
  expect([431, null]).toContain(answer.status);
  expect(await storedSizes()).toEqual([]);
});

test("a request to upgrade the protocol is ignored: it is stored like any other", async () => {
  for (const upgrade of ["websocket", "h2c"]) {
    const headers = `Upgrade: ${upgrade}\r\nContent-Length: 2\r\n`;
    const answer = await exchange(gateway.port, request(headers, "hi", "Connection: close, Upgrade\r\n"));
    expect(answer.status).toBe(200);
  }
  expect(await storedSizes()).toEqual([2, 2]);
});

test("500 connections that send nothing, or half a head, do not delay others", async () => {
  const idle = await Promise.all(
    Array.from({ length: 500 }, (_, index) =>
      begin(gateway.port, index % 2 === 0 ? "P" : request("X: ").slice(0, -4)),
    ),
  );
  for (let count = 0; count < 50; count++) expect((await post()).status).toBe(200);
  await Promise.all(idle.map(hangUp));
});

test("whatever happens to a request in transit, acknowledged means stored, and no body is stored that was not sent", async () => {
  const good = Buffer.from(plain("0123456789", ""), "latin1");
  const place = fc.nat(good.length - 1);
  const damage = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), at: place, byte: fc.nat(255) }),
    fc.record({ kind: fc.constant("cut" as const), at: place, count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant("twice" as const), at: place, count: fc.integer({ min: 1, max: 60 }) }),
    fc.record({
      kind: fc.constant("put" as const),
      at: place,
      text: fc.constantFrom("\r\n", "\0", ":", "0"),
    }),
  );
  const ids: string[] = [];
  await fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
      let bytes = good;
      for (const each of damages) bytes = damaged(bytes, each);
      ids.push(...acknowledged(await sendAndLeave(Buffer.concat([bytes, good]))));
      expect(await gateway.api.isHealthy()).toBe(true);
    }),
    { numRuns: RUNS },
  );
  const events = await gateway.api.listEvents(setup.webhookId);
  expect(events.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
});

type Damage = Readonly<
  { at: number } & (
    | { kind: "set"; byte: number }
    | { kind: "cut" | "twice"; count: number }
    | { kind: "put"; text: string }
  )
>;

function damaged(bytes: Buffer, damage: Damage): Buffer<ArrayBuffer> {
  const { at } = damage;
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
  switch (damage.kind) {
    case "set":
      return Buffer.concat([before, Buffer.from([damage.byte]), after.subarray(1)]);
    case "cut":
      return Buffer.concat([before, after.subarray(damage.count)]);
    case "twice":
      return Buffer.concat([before, after.subarray(0, damage.count), after]);
    case "put":
      return Buffer.concat([before, Buffer.from(damage.text, "latin1"), after]);
  }
}
