import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { errorCodeOf, type WebhookSetup } from "../support/api-client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { begin, exchange, hangUp } from "./raw-exchange.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

const MAX_BODY_BYTES = 100_000;
/** A refusal by the HTTP server itself, before any route: it has no body, and the connection is closed. */
const PROTOCOL_REFUSALS = [400, 413, 431, 505];

let gateway: Gateway;
let setup: WebhookSetup;
let path: string;
let storedBefore: number;

beforeAll(async () => {
  gateway = await startGateway({ env: { MAX_BODY_BYTES: String(MAX_BODY_BYTES) } });
  setup = await gateway.api.setUpWebhook([{ type: "database" }]);
  path = `/webhook/${setup.entrypointId}`;
  storedBefore = 0;
});

afterAll(() => gateway.remove());

/** Whatever was sent, the gateway is healthy afterwards, and stores exactly one good event. */
afterEach(async () => {
  expect(await gateway.api.isHealthy()).toBe(true);
  const refused = await gateway.api.listEvents(setup.webhookId);
  expect(refused).toHaveLength(storedBefore);
  const good = await fetch(gateway.origin + path, { method: "POST", body: "good" });
  expect(good.status).toBe(200);
  const stored = await gateway.api.listEvents(setup.webhookId);
  expect(stored).toHaveLength(storedBefore + 1);
  expect(stored[0]?.body_size).toBe(4);
  storedBefore = stored.length;
});

function request(options: { line?: string; headers?: string; host?: string; body?: string }): string {
  const { line = `POST ${path} HTTP/1.1`, headers = "", host = "Host: localhost\r\n", body = "" } = options;
  return `${line}\r\n${host}Connection: close\r\n${headers}\r\n${body}`;
}

async function expectProtocolRefusal(bytes: string): Promise<void> {
  const answer = await exchange(gateway.port, bytes);
  expect(PROTOCOL_REFUSALS).toContain(answer.status ?? 0);
  expect(answer.body).toBe("");
}

async function expectRefusal(bytes: string, status: number, code: string): Promise<void> {
  const answer = await exchange(gateway.port, bytes);
  expect(answer.status).toBe(status);
  expect(answer.head.toLowerCase()).toContain("content-type: application/json");
  expect(errorCodeOf(JSON.parse(answer.body))).toBe(code);
}

describe("a false Content-Length", () => {
  test.each(["-5", "abc", "", "0x10", "+5", "5, 5", "999999999999999999999999"])(
    "is refused: Content-Length %p",
    (length) =>
      expectProtocolRefusal(request({ headers: `Content-Length: ${length}\r\n`, body: "x".repeat(16) })),
  );

  test("is refused if it is repeated with a different value", () =>
    expectProtocolRefusal(
      request({ headers: "Content-Length: 5\r\nContent-Length: 6\r\n", body: "xxxxxx" }),
    ));

  test("is refused immediately if it is over the limit, however little follows", () =>
    expectRefusal(request({ headers: "Content-Length: 99999999999\r\n", body: "x" }), 413, "too_large"));
});

describe("an ambiguous request, which two servers could read differently", () => {
  const smuggled = "0\r\n\r\nPOST /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
  test.each([
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "Transfer-Encoding: xchunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n",
    "Transfer-Encoding: chunked, identity\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "Transfer-Encoding : chunked\r\n",
    "Transfer-Encoding: \x0bchunked\r\n",
    "X: a\r\n Transfer-Encoding: chunked\r\n",
    "X: a\rTransfer-Encoding: chunked\r\n",
    "X: a\0b\r\n",
    "no colon in here\r\n",
  ])("is refused: %p", (headers) => expectProtocolRefusal(request({ headers, body: smuggled })));

  test("cannot hide in a body that is refused", async () => {
    const hidden = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nbad`;
    const headers = `Content-Length: ${hidden.length * 2_000}\r\n`;
    const body = hidden.repeat(2_000);
    for (const line of [`POST ${path} HTTP/1.1`, "POST /webhook/unknown HTTP/1.1", `PUT ${path} HTTP/1.1`]) {
      const first = `${line}\r\nHost: localhost\r\n${headers}\r\n${body}`;
      const { head, body: rest } = await exchange(
        gateway.port,
        first + request({ line: "GET /livez HTTP/1.1" }),
      );
      // At most one response to each of the two requests, and never one that acknowledges.
      expect(`${head}${rest}`.match(/HTTP\/1\.1 \d/g)?.length ?? 0).toBeLessThanOrEqual(2);
      expect(`${head}${rest}`).not.toContain("x-webhooker-event-id");
    }
  });
});

describe("a chunked body", () => {
  const headers = "Transfer-Encoding: chunked\r\n";

  test.each([
    "zz\r\nabc\r\n0\r\n\r\n",
    "-1\r\nabc\r\n0\r\n\r\n",
    "3\nabc\n0\n\n",
    "fffffffffffffffff\r\nabc\r\n",
  ])("is refused when its framing is broken: %p", (body) =>
    expectProtocolRefusal(request({ headers, body })),
  );

  test("is refused if a chunk is longer than its size", () =>
    expectProtocolRefusal(request({ headers, body: "3\r\nabcdef\r\n0\r\n\r\n" })));

  test("is refused as soon as it exceeds the limit", () => {
    const chunk = `ffff\r\n${"x".repeat(65_535)}\r\n`;
    return expectRefusal(request({ headers, body: `${chunk.repeat(4)}0\r\n\r\n` }), 413, "too_large");
  });
});

describe("a request head", () => {
  test.each([
    ["a header of 20 KB", { headers: `X-Long: ${"a".repeat(20_000)}\r\n` }],
    ["a header of 1 MB", { headers: `X-Long: ${"a".repeat(1_000_000)}\r\n` }],
    ["500 headers", { headers: Array.from({ length: 500 }, (_, index) => `X-${index}: a\r\n`).join("") }],
    ["a path of 30 KB", { line: `POST /webhook/${"a".repeat(30_000)} HTTP/1.1` }],
    ["no Host", { host: "" }],
    ["a path without a slash", { line: "POST webhook HTTP/1.1" }],
    ["an asterisk for a path", { line: "POST * HTTP/1.1" }],
    ["HTTP/2.0 in plain text", { line: "PRI * HTTP/2.0" }],
    ["HTTP/9.9", { line: "GET / HTTP/9.9" }],
    ["words that are no request", { line: "hello world" }],
    ["a TLS greeting", { line: "\x16\x03\x01\x02\0\x01\0" }],
  ])("is refused: %s", (_, parts) => expectProtocolRefusal(request(parts)));

  test.each([
    "",
    "a b",
    "localhost:abc",
    "localhost:999999",
    "localhost/webhook",
    "user@localhost",
    "[::1",
    'evil"',
    "%00",
    "..",
    "localhost?x",
    "localhost#x",
    "a,b",
    "\xe9",
    "<script>",
    "a".repeat(300),
  ])("is refused for its Host: %p", (host) =>
    expectRefusal(
      request({ host: `Host: ${host}\r\n`, headers: "Content-Length: 2\r\n", body: "hi" }),
      400,
      "malformed_host",
    ),
  );

  test("is refused for a second Host", () =>
    expectRefusal(request({ host: "Host: localhost\r\nHost: evil.test\r\n" }), 400, "malformed_host"));
});

describe("a path", () => {
  test.each([
    "/webhook",
    "/webhook/",
    "/webhook/unknown",
    "/webhook/..%2fapi",
    "/webhook/%00",
    "/webhook/%ff",
    "/webhook/%zz",
    "/webhook/__proto__",
    "/webhook/\xe9",
    "/webhook//ID",
    "//webhook/ID",
    "/WEBHOOK/ID",
    "/webhook/ID%00",
    "/webhook/ID;x",
    "/webhook/ID\\x",
    "/webhook/ID#x",
    `/webhook/${"a".repeat(8_000)}`,
    "/webhook/00000000-0000-4000-8000-000000000000",
    "/../../etc/passwd",
    "/%2e%2e/x",
  ])("that leads nowhere is 404: %s", (wanted) =>
    expectRefusal(
      request({
        line: `POST ${wanted.replace("ID", setup.entrypointId)} HTTP/1.1`,
        headers: "Content-Length: 2\r\n",
        body: "hi",
      }),
      404,
      "not_found",
    ),
  );

  test.each([
    "/webhook/../api/v1/me",
    "/webhook/%2e%2e/livez",
    "/webhook/ID/../../livez",
    "/webhook/ID/%2e%2e/%2e%2e/livez",
  ])("that climbs is what it climbs to, and nothing is received: %s", (wanted) =>
    expectRefusal(
      request({ line: `POST ${wanted.replace("ID", setup.entrypointId)} HTTP/1.1` }),
      405,
      "method_not_allowed",
    ),
  );
});

describe("a method", () => {
  test.each(["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"])(
    "other than POST is 405: %s",
    (method) => expectRefusal(request({ line: `${method} ${path} HTTP/1.1` }), 405, "method_not_allowed"),
  );

  test("unknown to HTTP closes the connection", async () => {
    for (const method of ["FOO", "post", "\0"]) {
      const { status } = await exchange(gateway.port, request({ line: `${method} ${path} HTTP/1.1` }));
      expect([null, 400]).toContain(status);
    }
  });
});

describe("senders that disconnect or are slow", () => {
  const head = (framing: string) => `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${framing}\r\n\r\n`;
  // More than all of them together may hold in memory, so that memory that is not released would be noticed.
  const COUNT = 40;
  const HALF = "x".repeat(MAX_BODY_BYTES / 2);

  test.each([
    ["in the middle of a body", `Content-Length: ${MAX_BODY_BYTES}`, HALF],
    ["in the middle of a chunk", "Transfer-Encoding: chunked", `ffff\r\n${HALF}`],
    ["between two chunks", "Transfer-Encoding: chunked", `3\r\nabc\r\n`],
    ["before the body", "Content-Length: 5", ""],
  ])("hanging up %s leaves nothing behind", async (_, framing, part) => {
    const sockets = await Promise.all(
      Array.from({ length: COUNT }, () => begin(gateway.port, head(framing) + part)),
    );
    await Promise.all(sockets.map(hangUp));
    // 503 until the gateway has noticed that all of them are gone.
    const body = "x".repeat(MAX_BODY_BYTES);
    let status = 503;
    while (status === 503) ({ status } = await fetch(gateway.origin + path, { method: "POST", body }));
    expect(status).toBe(200);
    storedBefore++;
  });

  test("disconnecting within the head leaves nothing behind", async () => {
    const part = head("Content-Length: 5").slice(0, 40);
    const sockets = await Promise.all(Array.from({ length: COUNT }, () => begin(gateway.port, part)));
    await Promise.all(sockets.map(hangUp));
  });

  test("dripping does not delay others", async () => {
    const slow = await Promise.all(
      Array.from({ length: 200 }, () => begin(gateway.port, `${head("Content-Length: 1000")}slow`)),
    );
    for (let count = 0; count < 20; count++) {
      const quick = await fetch(gateway.origin + path, { method: "POST", body: "quick" });
      expect(quick.status).toBe(200);
      storedBefore++;
    }
    await Promise.all(slow.map(hangUp));
  });
});
