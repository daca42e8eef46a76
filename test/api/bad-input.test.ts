/** Any invalid input gets a 4xx response in the API's format, and the server continues. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { sendRaw } from "../support/http-server.ts";
import { ADA_TOKEN, startTestApi, type TestApi } from "../support/test-api.ts";

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(() => api.stop());
afterEach(async () => {
  expect(await api.call("GET", "/webhooks")).toMatchObject({
    status: 200,
    body: { data: [{ name: "Shop" }] },
  });
  // Only the caller and the path: no server error, and nothing of the input.
  expect(api.lines.filter(({ message }) => message !== "audit" && message !== "request")).toEqual([]);
});

const send = (body: Bun.BodyInit, type = "application/json") =>
  api.call("POST", "/webhooks", { init: { body, headers: { "content-type": type } } });

describe("a body", () => {
  const wrong = ["null", "[]", '"text"', "0", "true", '{"name":null}', '{"name":{}}', '{"name":["Shop"]}'];
  const tricky = ['{"__proto__":{"name":"x"}}', '{"name":"x","constructor":{}}', '{"name":"x","id":"mine"}'];
  const numbers = ['{"name":"x","retention_days":1.5}', '{"name":"x","retention_days":1e400}'];
  for (const body of [...wrong, ...tricky, ...numbers, "{}", "", `{"name":"${"x".repeat(300)}"}`]) {
    test(`of ${body.slice(0, 40) || "nothing"} is refused with its faults`, async () => {
      const answer = await send(body);
      expect(answer).toMatchObject({ status: 422, body: { error: { code: "invalid" } } });
      expect(answer.body).toMatchObject({ error: { details: expect.arrayContaining([expect.anything()]) } });
    });
  }

  test("of null is invalid, also where an absent body means all defaults", async () => {
    const path = `/webhooks/${api.webhook.id}/entrypoints`;
    const post = (body: string) =>
      api.call("POST", path, { init: { body, headers: { "content-type": "application/json" } } });
    expect((await post("null")).status).toBe(422);
    expect((await post("")).status).toBe(201);
  });

  test("that is nested as deep as the limit allows is refused without harm", async () => {
    for (const nested of ["[".repeat(500_000), "[".repeat(400_000) + "]".repeat(400_000)]) {
      const { status } = await send(nested);
      expect([400, 422]).toContain(status);
    }
    const { status } = await send(`{"name":"x","config":${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}}`);
    expect(status).toBe(422);
  });

  test("that is too large is refused with and without Content-Length", async () => {
    const big = new Uint8Array(1024 * 1024 + 1).fill(0x20);
    expect((await send(big)).status).toBe(413);
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(big.subarray(0, 700_000));
        controller.enqueue(big.subarray(700_000));
        controller.close();
      },
    });
    expect((await send(stream)).status).toBe(413);
  });

  test("on a GET is ignored", async () => {
    const head = `GET /api/v1/webhooks HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${ADA_TOKEN}`;
    const answer = await sendRaw(api.server.port, `${head}\r\nContent-Length: 1\r\n\r\n{`);
    expect(answer).toStartWith("HTTP/1.1 200 ");
  });
});

describe("a path", () => {
  for (const path of [
    "/",
    "/nowhere",
    "/webhooks/a/b/c",
    "/webhooks//x",
    "/webhooks//entrypoints",
    "//webhooks",
    "/%2e%2e/%2e%2e/etc",
    "/webhooks/%E0%A4%A",
    "/webhooks/%E0%A4%A/",
    "/webhooks/%E0%A4%A/events/",
  ]) {
    test(`such as ${path} is 404`, async () => {
      const answer = await api.call("GET", path);
      expect(answer).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
    });
  }

  test("accepts only its methods, and lists them", async () => {
    const answer = await api.call("PUT", `/webhooks/${api.webhook.id}`);
    expect(answer).toMatchObject({ status: 405, body: { error: { code: "method_not_allowed" } } });
    expect(answer.headers.get("allow")).toBe("DELETE, GET, HEAD, PATCH");
    expect((await api.call("GET", `/webhooks/${api.webhook.id}/targets/x/activate`)).status).toBe(405);
    expect((await api.call("OPTIONS", "/webhooks")).status).toBe(405);
  });

  test("supports HEAD if it supports GET", async () => {
    const answer = await api.call("HEAD", "/webhooks");
    expect([answer.status, answer.text]).toEqual([200, ""]);
    expect((await api.call("HEAD", "/webhooks", { token: null })).status).toBe(401);
  });
});

describe("an id", () => {
  for (const id of ["x", "0", "null", "%00", "'--", "..", "a%2fb", "A".repeat(5_000), "*", ":webhook_id"]) {
    test(`of ${id.slice(0, 20)} is 404`, async () => {
      for (const rest of ["/entrypoints", "/events", "/targets/x"]) {
        const { status } = await api.call("GET", `/webhooks/${id}${rest}`);
        expect(status).toBe(404);
      }
    });
  }
});
