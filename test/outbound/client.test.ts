import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { userAgent } from "../../src/lib/version.ts";
import { createTestOutbound, inShort, type TestOutbound } from "../support/outbound.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

const NO_BODY = new Uint8Array();

let receiver: Receiver;
let client: TestOutbound;
beforeEach(async () => {
  receiver = await startReceiver();
  client = createTestOutbound();
});
afterEach(async () => {
  client.close();
  await receiver.close();
});

test("what a URL's text tells about a refusal is known before any request", () => {
  const strict = createTestOutbound({ allowedCidrs: ["10.1.0.0/16"] });
  for (const url of [
    "http://localhost:3000/",
    "https://a.LocalHost./",
    "http://10.0.0.1/",
    "https://[::1]/",
  ]) {
    expect(strict.refusal(url)).toMatch(/^address .+ to allow it$/);
  }
  for (const url of ["http://10.1.2.3/", "https://localhost.example/", "https://1.1.1.1/"]) {
    expect(strict.refusal(url)).toBeNull();
  }
  expect(client.refusal("http://localhost/")).toBeNull();
  strict.close();
});

describe("a request", () => {
  test("arrives with method, path, query, headers in order and case, repeats and body bytes", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    await client.send({
      url: `${receiver.url}/a%20b/?x=1&x=2`,
      method: "PATCH",
      headers: [
        ["X-Second", "b"],
        ["x-FIRST", "a"],
        ["X-Second", "c"],
        ["X-Latin", "caf\xe9"],
      ],
      body,
    });
    const [request] = await receiver.waitFor(1);
    expect(request?.method).toBe("PATCH");
    expect(request?.path).toBe("/a%20b/?x=1&x=2");
    expect(request?.body).toEqual(body);
    expect(request?.rawHeaders).toEqual([
      ["Host", `127.0.0.1:${receiver.port}`],
      ["X-Second", "b"],
      ["x-FIRST", "a"],
      ["X-Second", "c"],
      ["X-Latin", "caf\xe9"],
      ["User-Agent", userAgent],
      ["Content-Length", "256"],
      ["Connection", "keep-alive"],
    ]);
  });

  for (const method of ["GET", "HEAD", "DELETE", "OPTIONS", "PUT", "QUERY"]) {
    test(`a body goes with ${method} too`, async () => {
      expect(inShort(await client.send({ url: receiver.url, method }))).toBe("200");
      expect(receiver.requests[0]?.method).toBe(method);
      expect(new TextDecoder().decode(receiver.requests[0]?.body)).toBe("body");
    });
  }

  test("an empty body has a Content-Length if one is expected, and only then", async () => {
    for (const method of ["POST", "PUT", "GET", "DELETE"]) {
      await client.send({ url: receiver.url, method, body: NO_BODY });
    }
    expect(receiver.requests.map((request) => request.header("content-length"))).toEqual([
      "0",
      "0",
      undefined,
      undefined,
    ]);
    expect(receiver.requests.map((request) => request.header("transfer-encoding"))).toEqual(
      Array(4).fill(undefined),
    );
  });

  test("has the client's framing, whatever the caller says, and one Host header", async () => {
    await client.send({
      url: receiver.url,
      headers: [
        ["Content-Length", "999"],
        ["transfer-encoding", "chunked"],
        ["Connection", "close"],
        ["HOST", "inner.example"],
      ],
    });
    expect(receiver.requests[0]?.rawHeaders).toEqual([
      ["Host", "inner.example"],
      ["User-Agent", userAgent],
      ["Content-Length", "4"],
      ["Connection", "keep-alive"],
    ]);
  });

  test("ignores proxies in the environment", async () => {
    const before = process.env.http_proxy;
    process.env.http_proxy = "http://127.0.0.1:9";
    const second = createTestOutbound();
    try {
      expect(inShort(await second.send({ url: receiver.url }))).toBe("200");
    } finally {
      if (before === undefined) delete process.env.http_proxy;
      else process.env.http_proxy = before;
      second.close();
    }
  });
});

describe("a response", () => {
  test("comes with status, headers with case and repeats, and body", async () => {
    receiver.answerWith({
      status: 201,
      headers: { "X-One": "1", "Set-Cookie": ["a=1", "b=2"] },
      body: "done",
    });
    const result = await client.send({ url: receiver.url });
    if (result.kind !== "response") throw new Error(result.message);
    const { statusCode, headers, body, bodyTruncated } = result.response;
    expect([statusCode, new TextDecoder().decode(body), bodyTruncated]).toEqual([201, "done", false]);
    expect(headers).toContainEqual(["X-One", "1"]);
    expect(headers.filter(([name]) => name === "Set-Cookie")).toEqual([
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ]);
  });

  test("may be a redirect, which is not followed", async () => {
    receiver.answerWith({ status: 307, headers: { location: `${receiver.url}/elsewhere` } });
    expect(inShort(await client.send({ url: receiver.url }))).toBe("307");
    expect(receiver.requests).toHaveLength(1);
  });

  test("stays compressed", async () => {
    const body = Bun.gzipSync(new Uint8Array(1_000_000));
    receiver.answerWith({ headers: { "content-encoding": "gzip" }, body });
    expect(await client.send({ url: receiver.url })).toMatchObject({
      response: { body: new Uint8Array(body) },
    });
  });

  test("a body at the limit is complete, one byte more is cut, and the connection stays in use", async () => {
    for (const [length, truncated] of [
      [64 * 1024, false],
      [64 * 1024 + 1, true],
    ] as const) {
      receiver.answerWith({ body: "x".repeat(length) });
      const result = await client.send({ url: receiver.url });
      expect(result).toMatchObject({ response: { bodyTruncated: truncated } });
      expect(result.kind === "response" && result.response.body.byteLength).toBe(64 * 1024);
    }
    expect(receiver.connections()).toBe(1);
  });

  test("a body without end is cut off by closing the connection", async () => {
    receiver.answerWith({ drip: true, body: "x".repeat(2_000_000) });
    expect(await client.send({ url: receiver.url })).toMatchObject({
      response: { statusCode: 200, bodyTruncated: true },
    });
    await receiver.waitForOpenConnections(0);
  });

  test("a status is kept if the connection breaks in the body", async () => {
    receiver.answerWith({ status: 500, reset: true, body: "half" });
    expect(await client.send({ url: receiver.url })).toMatchObject({
      response: { statusCode: 500, bodyTruncated: true },
    });
  });

  test("an upgrade is a response like any other, and its connection is closed", async () => {
    receiver.answerWith({ raw: "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" });
    expect(inShort(await client.send({ url: receiver.url }))).toBe("101");
    await receiver.waitForOpenConnections(0);
  });
});

describe("failures are described in words", () => {
  test("a refused connection names the address", async () => {
    const gone = await startReceiver();
    await gone.close();
    expect(inShort(await client.send({ url: `http://name.example:${gone.port}/` }))).toBe(
      `connection_refused: connection refused by 127.0.0.1:${gone.port}`,
    );
  });

  const broken: [what: string, answer: string, code: string][] = [
    ["something else than HTTP", "SSH-2.0-OpenSSH\r\n", "invalid_response"],
    ["too large a status line", `HTTP/1.1 200 ${"x".repeat(40_000)}\r\n\r\n`, "invalid_response"],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-Len", "connection_lost"],
    ["nothing", "", "connection_lost"],
    [
      "two lengths",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "invalid_response",
    ],
  ];
  for (const [what, raw, code] of broken) {
    test(`a response of ${what} is "${code}" and retryable`, async () => {
      receiver.answerWith(raw === "" ? { reset: true } : { raw });
      const result = await client.send({ url: receiver.url });
      expect(result).toMatchObject({ kind: "failed", code, retryable: true });
      expect(inShort(result)).toContain(`127.0.0.1:${receiver.port}`);
      expect(receiver.requests).toHaveLength(1);
    });
  }

  const unsendable = [
    { headers: [["bad name", "x"]] },
    { headers: [["x", "a\r\nInjected: 1"]] },
    { headers: [["x", "€"]] },
    { method: "B AD" },
    { method: "CONNECT" },
  ] as const;
  for (const part of unsendable) {
    test(`${JSON.stringify(part)} is not sent and not retryable`, async () => {
      const result = await client.send({ url: receiver.url, ...part });
      expect(result).toMatchObject({ kind: "failed", code: "invalid_request", retryable: false });
      expect(receiver.connections()).toBe(0);
    });
  }

  test("neither path, query nor headers appear in a message", async () => {
    receiver.answerWith({ reset: true });
    const result = await client.send({ url: `${receiver.url}/secret?secret`, headers: [["X", "secret"]] });
    expect(JSON.stringify(result)).not.toContain("secret");
  });
});
