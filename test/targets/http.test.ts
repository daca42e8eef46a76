import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { userAgent } from "../../src/lib/version.ts";
import type { HeaderList } from "../../src/targets/target-type.ts";
import { describeTargetContract } from "./contract.ts";
import { attemptOf, event, startTargetBench } from "./target-bench.ts";

describeTargetContract({
  type: "http",
  config: (receiver) => ({
    url: `${receiver.url}/hooks`,
    headers: { Authorization: "Bearer hunter2", "X-Plain": "xyzzy" },
    append_path: false,
    connect_timeout_ms: 5_000,
  }),
  secrets: ["hunter2", "xyzzy"],
  success: { status: 204, body: "" },
  remote: true,
});

let bench: Awaited<ReturnType<typeof startTargetBench>>;
beforeEach(async () => {
  bench = await startTargetBench("http");
});
afterEach(() => bench.stop());

async function sent(options: {
  config?: Record<string, unknown>;
  event?: Partial<typeof event>;
  path?: string;
  attempt?: number;
}) {
  const config = { url: `${bench.receiver.url}${options.path ?? "/hooks"}`, ...options.config };
  const outcome = await bench.type.deliver(
    attemptOf(config, { event: { ...event, ...options.event }, attempt: options.attempt ?? 1 }),
  );
  expect(outcome.kind).toBe("delivered");
  const request = bench.receiver.requests.at(-1);
  if (request === undefined) throw new Error("nothing arrived");
  return request;
}

const headersSent = async (headers: HeaderList, config: Record<string, unknown> = {}) => {
  const request = await sent({ event: { headers }, config });
  const own = new Set(["host", "content-length", "connection", "user-agent"]);
  return request.rawHeaders.filter(
    ([name]) => !own.has(name.toLowerCase()) && !name.toLowerCase().startsWith("x-webhooker-"),
  );
};

describe("the http target forwards", () => {
  test("method, body bytes and end-to-end headers, in order and case", async () => {
    const body = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const headers: HeaderList = [
      ["Content-Type", "application/octet-stream"],
      ["X-GitHub-Event", "push"],
      ["Authorization", "Basic abc"],
      ["Content-Encoding", "gzip"],
      ["X-Twice", "1"],
      ["X-Twice", "2"],
      ["X-Latin", "caf\xe9"],
    ];
    const request = await sent({ event: { method: "PUT", headers, body } });
    expect(request.method).toBe("PUT");
    expect(request.body).toEqual(body);
    expect(request.rawHeaders.slice(1, 1 + headers.length)).toEqual([...headers]);
  });

  for (const method of ["GET", "HEAD", "DELETE"]) {
    test(`a ${method} event with its body`, async () => {
      const request = await sent({ event: { method } });
      expect([request.method, request.body]).toEqual([method, event.body]);
    });
  }

  test("the event's identity and the number of the attempt", async () => {
    const request = await sent({ attempt: 3, event: { headers: [["x-webhooker-event-id", "forged"]] } });
    expect(request.header("x-webhooker-event-id")).toBe(event.id);
    expect(request.header("x-webhooker-webhook-id")).toBe("0190a000-0000-7000-8000-000000000003");
    expect(request.header("x-webhooker-attempt")).toBe("3");
    expect(request.rawHeaders.filter(([name]) => name.toLowerCase() === "x-webhooker-event-id")).toHaveLength(
      1,
    );
  });

  test("nothing that belongs to the connection, or was added by a proxy in front of the gateway", async () => {
    const dropped: HeaderList = [
      ["Host", "gateway.example"],
      ["Content-Length", "999"],
      ["Transfer-Encoding", "chunked"],
      ["Connection", "keep-alive, X-Hop"],
      ["X-Hop", "1"],
      ["Keep-Alive", "timeout=5"],
      ["TE", "trailers"],
      ["Trailer", "X"],
      ["Upgrade", "h2c"],
      ["Expect", "100-continue"],
      ["Accept-Encoding", "gzip"],
      ["Proxy-Authorization", "Basic x"],
      ["Forwarded", "for=1.2.3.4"],
      ["X-Forwarded-For", "1.2.3.4"],
      ["x-forwarded-proto", "https"],
      ["X-Real-IP", "1.2.3.4"],
    ];
    expect(await headersSent([...dropped, ["X-Kept", "1"]])).toEqual([["X-Kept", "1"]]);
  });

  test("the sender's User-Agent, and sends its own only if there is none", async () => {
    const agentsOf = async (headers: HeaderList, config: Record<string, unknown> = {}) => {
      const { rawHeaders } = await sent({ event: { headers }, config });
      return rawHeaders.flatMap(([name, value]) => (name.toLowerCase() === "user-agent" ? [value] : []));
    };
    const received: HeaderList = [["user-AGENT", "Stripe/1.0 (+https://stripe.com)"]];
    expect(await agentsOf(received)).toEqual(["Stripe/1.0 (+https://stripe.com)"]);
    expect(await agentsOf([])).toEqual([userAgent]);
    expect(await agentsOf(received, { drop_headers: ["User-Agent"] })).toEqual([userAgent]);
    expect(await agentsOf(received, { headers: { "User-Agent": "mine" } })).toEqual(["mine"]);
    expect(userAgent).toMatch(/^Webhooker\/\d+\.\d+\.\d+$/);
  });

  test("the content type even if the Connection header names it", async () => {
    expect(
      await headersSent([
        ["connection", "content-type"],
        ["content-type", "a/b"],
      ]),
    ).toEqual([["content-type", "a/b"]]);
  });

  test("the valid headers of an event with some that cannot be sent", async () => {
    const odd: HeaderList = [
      ["X-Euro", "€"],
      ["X-Break", "a\r\nb: c"],
      ["bad name", "1"],
      ["", "1"],
      ["X-Null", "a\0"],
      ["X-Fine", "1"],
    ];
    expect(await headersSent(odd)).toEqual([["X-Fine", "1"]]);
  });

  test("no header or parameter with a masked sender's secret, but the target's own", async () => {
    const headers: HeaderList = [
      ["authorization", "[secret]"],
      ["x-gitlab-token", "[secret]"],
      ["x-plain", "secret"],
    ];
    expect(await headersSent(headers)).toEqual([["x-plain", "secret"]]);
    const own = await headersSent(headers, { headers: { Authorization: "Bearer own" } });
    expect(own).toEqual([
      ["x-plain", "secret"],
      ["Authorization", "Bearer own"],
    ]);
    for (const [query, path, arrived] of [
      ["key=%5Bsecret%5D", "/hooks", "/hooks"],
      ["a=1&key=%5Bsecret%5D&b=2", "/hooks", "/hooks?a=1&b=2"],
      ["key=%5Bsecret%5D", "/hooks?key=own", "/hooks?key=own"],
    ] as const)
      expect((await sent({ event: { query }, path })).path).toBe(arrived);
  });

  test("a configured header instead of a received one of that name", async () => {
    const headers: HeaderList = [
      ["authorization", "Bearer received"],
      ["X-Other", "1"],
    ];
    expect(await headersSent(headers, { headers: { Authorization: "Bearer configured" } })).toEqual([
      ["X-Other", "1"],
      ["Authorization", "Bearer configured"],
    ]);
    const request = await sent({ config: { headers: { Host: "inner.example" } } });
    expect(request.header("host")).toBe("inner.example");
  });
});

describe("the http target's URL", () => {
  const cases: [
    path: string,
    config: Record<string, unknown>,
    tail: string,
    query: string,
    expected: string,
  ][] = [
    ["/hooks", {}, "", "", "/hooks"],
    ["/hooks", {}, "/tail", "", "/hooks"],
    ["/hooks", {}, "", "a=1&b=%20", "/hooks?a=1&b=%20"],
    ["/hooks?own=1", {}, "", "a=1", "/hooks?own=1&a=1"],
    ["/hooks?own=1", {}, "", "", "/hooks?own=1"],
    ["/hooks#part", {}, "", "", "/hooks"],
    ["/hooks", { append_path: true }, "/tail%20x", "", "/hooks/tail%20x"],
    ["/hooks/", { append_path: true }, "/tail", "q", "/hooks/tail?q"],
    ["/hooks", { append_path: true }, "/", "", "/hooks"],
    ["/hooks", { append_path: true }, "", "", "/hooks"],
    ["/hooks", { append_path: true }, "/../../admin", "", "/hooks/admin"],
    ["/hooks", { append_path: true }, "/%2e%2e/admin", "", "/hooks/admin"],
    ["/hooks", { append_path: true }, "//evil.example/x", "", "/hooks//evil.example/x"],
    ["/hooks", { append_path: true }, "/a?b#c", "", "/hooks/a%3Fb%23c"],
    ["/hooks", {}, "", "a=1#b", "/hooks?a=1%23b"],
  ];
  for (const [path, config, tail, query, expected] of cases) {
    test(`${path} with ${JSON.stringify(config)} and "${tail}?${query}" becomes ${expected}`, async () => {
      expect((await sent({ path, config, event: { pathTail: tail, query } })).path).toBe(expected);
    });
  }

  test("may exceed the configured maximum by the received path and query", async () => {
    const text = "a".repeat(12_000);
    expect((await sent({ event: { query: `q=${text}` } })).path).toBe(`/hooks?q=${text}`);
    const tail = await sent({ config: { append_path: true }, event: { pathTail: `/${text}` } });
    expect(tail.path).toBe(`/hooks/${text}`);
  });

  const refused = [
    "",
    "example.com",
    "ftp://x",
    "http://u:p@x",
    "http://x:0",
    "http://",
    `http://x/${"a".repeat(9000)}`,
  ];
  for (const url of refused) {
    test(`${JSON.stringify(url.slice(0, 40))} is refused without being repeated`, () => {
      const result = bench.type.configSchema.safeParse({ url });
      expect(result.error?.issues[0]?.path).toEqual(["url"]);
      if (url !== "") expect(result.error?.message).not.toContain(url);
    });
  }

  test("is summarised without its query, which may contain keys", () => {
    expect(bench.type.summarize({ url: "https://example.com/a/b?key=hunter2" })).toBe(
      "https://example.com/a/b",
    );
    expect(bench.type.summarize({ url: "https://example.com" })).toBe("https://example.com");
  });
});

test("headers that the gateway sets, or that cannot be sent, are refused by the http target", () => {
  const url = "https://example.com";
  for (const name of [
    "Content-Length",
    "connection",
    "Transfer-Encoding",
    "X-Webhooker-Event-Id",
    "a b",
    "",
  ]) {
    expect([name, bench.type.configSchema.safeParse({ url, headers: { [name]: "1" } }).success]).toEqual([
      name,
      false,
    ]);
  }
  expect(bench.type.configSchema.safeParse({ url, headers: { a: "€" } }).success).toBe(false);
  expect(bench.type.configSchema.safeParse({ url, headers: { a: "1", A: "2" } }).success).toBe(false);
});

test("a private address is refused by the http target with a hint", async () => {
  expect(await bench.type.deliver(attemptOf({ url: "http://10.0.0.1/" }))).toEqual({
    kind: "failed",
    retryable: true,
    error: "address 10.0.0.1 is private: list it in ALLOWED_TARGET_CIDRS to allow it",
    response: null,
  });
});
