import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { errorCodeOf, type WebhookSetup } from "../support/api-client.ts";
import { type Gateway, startGateway } from "../support/gateway.ts";
import { exchange } from "./raw-exchange.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(120_000);

let gateway: Gateway;
let setup: WebhookSetup;

beforeAll(async () => {
  gateway = await startGateway();
  setup = await gateway.api.setUpWebhook([{ type: "database" }]);
});

afterAll(() => gateway.remove());

/** Sends a raw request and resolves with the stored event. */
async function send(options: { tail?: string; headers?: string; host?: string; body?: string }) {
  const { tail = "", headers = "", host = "localhost", body = "" } = options;
  const head = `POST /webhook/${setup.entrypointId}${tail} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`;
  const answer = await exchange(gateway.port, `${head}${headers}\r\n${body}`);
  expect(answer.status).toBe(200);
  const { id } = JSON.parse(answer.body);
  return gateway.api.getEvent(setup.webhookId, id);
}

describe("odd but valid requests are stored exactly as received", () => {
  test.each([
    ["nothing said of a body", ""],
    ["an empty body", "Content-Length: 0\r\n"],
    ["an empty chunked body", "Transfer-Encoding: chunked\r\n"],
  ])("%s", async (_, headers) => {
    const body = headers.startsWith("Transfer") ? "0\r\n\r\n" : "";
    const event = await send({ headers, body });
    expect(event.body_size).toBe(0);
    expect(event.body_base64).toBe("");
  });

  test("all 256 bytes, declared as JSON that they are not", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const headers = `Content-Type: application/json\r\nContent-Length: ${bytes.length}\r\n`;
    const event = await send({ headers, body: bytes.toString("latin1") });
    expect(Buffer.from(event.body_base64, "base64").equals(bytes)).toBe(true);
    expect(event.content_type).toBe("application/json");
  });

  test("a chunked body with extensions", async () => {
    const body = "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    const event = await send({ headers: "Transfer-Encoding: chunked\r\n", body });
    expect(Buffer.from(event.body_base64, "base64").toString()).toBe("abcde");
  });

  test.each(["/", "//x", "/%00", "/%ff", "/%2e%2e%2f", "/a%20b", "/%zz", `/${"a".repeat(8_000)}`])(
    "the path tail %s",
    async (tail) => expect((await send({ tail })).path_tail).toBe(tail),
  );

  test.each(["a=%00%ff&b", "a=1&a=2", "?", ");DROP+TABLE+events;--"])("the query %s", async (query) =>
    expect((await send({ tail: `?${query}` })).query).toBe(query),
  );

  test("the path tail, although the Host header contains the entrypoint's id", async () => {
    const event = await send({ host: `${setup.entrypointId}.evil.test`, tail: "/tail" });
    expect(event.path_tail).toBe("/tail");
  });

  test("hostile header values, as text", async () => {
    const value = `<script>alert(1)</script> ' " {} \${x} %s`;
    const event = await send({ headers: `X-Odd: ${value}\r\n` });
    expect(event.headers).toContainEqual(["x-odd", value]);
  });
});

describe("invalid API requests are refused in the API's error shape", () => {
  const json = "Content-Type: application/json\r\n";
  const nested = `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`;

  async function post(path: string, headers: string, body: string) {
    const created = await gateway.run(["apikey", "create", "--user", "admin", "--name", "odd"]);
    const head = `POST /api/v1${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
    const length = headers.includes("Transfer-Encoding") ? "" : `Content-Length: ${body.length}\r\n`;
    const authorization = `Authorization: Bearer ${created.out.trim()}\r\n`;
    return exchange(gateway.port, `${head}${authorization}${length}${headers}\r\n${body}`);
  }

  test.each([
    ["malformed JSON", json, '{"name":', 400],
    ["bytes that are no UTF-8", json, '{"name":"\xff"}', 400],
    ["JSON nested 50,000 deep", json, nested, 422],
    ["a wrong type", json, '{"name":5}', 422],
    ["a list for an object", json, "[]", 422],
    ["null", json, "null", 422],
    ["an empty body", json, "", 422],
    ["a name too long", json, `{"name":"${"a".repeat(100_000)}"}`, 422],
    ["an unknown field", json, '{"name":"a","id":"b"}', 422],
    ["a prototype", json, '{"name":"a","__proto__":{"b":1}}', 422],
    ["a form", "Content-Type: application/x-www-form-urlencoded\r\n", "name=a", 415],
    ["2 MB", json, `{"name":"${"a".repeat(2_000_000)}"}`, 413],
    [
      "2 MB in a chunk",
      `${json}Transfer-Encoding: chunked\r\n`,
      `200000\r\n${"a".repeat(0x200000)}\r\n0\r\n\r\n`,
      413,
    ],
  ])("%s", async (_, headers, body, status) => {
    const before = await (await gateway.api.request("GET", "/webhooks")).json();
    const answer = await post("/webhooks", headers, body);
    expect(answer.status).toBe(status);
    expect(errorCodeOf(JSON.parse(answer.body))).not.toBe("internal");
    expect(await (await gateway.api.request("GET", "/webhooks")).json()).toEqual(before);
    expect(await gateway.api.isHealthy()).toBe(true);
  });

  test.each([
    ["/webhooks/ID", 404],
    ["/webhooks/00000000-0000-4000-8000-000000000000", 404],
    ["/webhooks/' OR 1=1 --", 404],
    ["/webhooks/%00", 404],
    ["/webhooks/%ff", 404],
    ["/webhooks/%2e%2e%2f%2e%2e%2fetc", 404],
    [`/webhooks/${"a".repeat(5_000)}`, 404],
    ["/webhooks/WEBHOOK/events/unknown", 404],
    ["/webhooks/WEBHOOK/events?cursor=%00", 422],
    ["/webhooks/WEBHOOK/events?limit=0", 422],
    ["/webhooks/WEBHOOK/events?limit=1e9", 422],
    ["/webhooks/WEBHOOK/events?unknown=1", 422],
    ["/../../../etc/passwd", 404],
  ])("GET %s is %p", async (path, status) => {
    const answer = await gateway.api.request("GET", path.replace("WEBHOOK", setup.webhookId));
    expect(answer.status).toBe(status);
    expect(errorCodeOf(await answer.json())).not.toBe("internal");
  });

  test.each(["", "Bearer", "Bearer ", "Basic YTpi", "Bearer whk_wrong", `Bearer ${"a".repeat(5_000)}`])(
    "without a valid key it is 401: %p",
    async (authorization) => {
      const answer = await fetch(`${gateway.origin}/api/v1/webhooks`, { headers: { authorization } });
      expect(answer.status).toBe(401);
      expect(errorCodeOf(await answer.json())).toBe("unauthenticated");
    },
  );
});
