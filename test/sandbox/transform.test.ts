import { afterAll, describe, expect, test } from "bun:test";
import { changesOf, codeOf, faultOf, handlerOf, inputOf, openSandbox, RECEIVED_AT } from "./support.ts";

const sandbox = openSandbox();
afterAll(() => sandbox.stop());

/** The body that the code answers with. */
async function bodyOf(source: string, given: Parameters<typeof inputOf>[0] = {}): Promise<unknown> {
  const { body } = changesOf(await sandbox.run(codeOf(source), inputOf(given)));
  return body === undefined ? undefined : JSON.parse(body);
}

const run = (handler: string, given: Parameters<typeof inputOf>[0] = {}) =>
  sandbox.run(handlerOf(handler), inputOf(given));

describe("a handler", () => {
  test("changes method, path, query, headers and body", async () => {
    const ran = await run(
      `(request, context) => ({
      method: "PUT",
      path: request.path + "/b",
      query: request.query + "&c=3",
      headers: { ...request.headers, "x-type": context.type, "x-twice": ["1", "2"], accept: undefined },
      body: { ...request.body, m: 2 },
    })`,
      { path: "/a", query: "b=2", headers: { accept: "*/*", "content-type": "application/json" } },
    );
    expect(changesOf(ran)).toEqual({
      method: "PUT",
      path: "/a/b",
      query: "b=2&c=3",
      headers: { set: { "x-type": ["order.created"], "x-twice": ["1", "2"] }, removed: ["accept"] },
      body: '{"n":1,"m":2}',
    });
  });

  test("leaves alone what it returns as it was, or not at all", async () => {
    expect(changesOf(await run("(request) => request", { query: "a=1" }))).toEqual({});
    expect(changesOf(await run("() => ({})", { query: "a=1" }))).toEqual({});
  });

  test("keeps the sender's notation of a body that it only reads", async () => {
    const body = '{ "id": 12345678901234567890, "price": 1.0, "n": 1 }';
    expect(changesOf(await run("(request) => { request.body.n; return request; }", { body }))).toEqual({});
    const changed = changesOf(await run("(request) => { request.body.n = 2; return request; }", { body }));
    expect(changed.body).toStartWith('{"id":');
  });

  test("changes the query by its parsed form", async () => {
    const handler = `(request) => { request.parsed_query.b = ["x y", "&"]; return request; }`;
    expect(changesOf(await run(handler, { query: "a=1" })).query).toBe("a=1&b=x%20y&b=%26");
    expect(changesOf(await run("(request) => request", { query: "a=%zz&a=b+c" }))).toEqual({});
  });

  test("gets text where the body is no JSON, and null where it is no text", async () => {
    const handler = "(request) => ({ body: [typeof request.body, request.body] })";
    const text = { headers: { "content-type": "text/plain" }, body: "12" };
    expect(changesOf(await run(handler, text)).body).toBe('["string","12"]');
    expect(changesOf(await run(handler, { body: '{"broken' })).body).toBe('["string","{\\"broken"]');
    expect(changesOf(await run(handler, { body: undefined })).body).toBe('["object",null]');
    expect(changesOf(await run("(request) => request", { body: undefined }))).toEqual({});
  });

  test("carries characters of every kind there and back", async () => {
    const odd = "a\u0000b\u2028\ud83d\ude00\u00e9\n";
    const body = JSON.stringify({ odd });
    expect(
      await bodyOf("function transform(payload) { return [payload.odd, payload.odd.length] }", { body }),
    ).toEqual([odd, odd.length]);
    const text = { headers: { "content-type": "text/plain" }, body: odd };
    expect(changesOf(await run('(request) => ({ body: request.body + "!" })', text)).body).toBe(`${odd}!`);
  });

  test("has own names only in headers and queries", async () => {
    const headers = JSON.parse('{"__proto__":"1","constructor":"2"}');
    const handler =
      "(request) => ({ body: Object.keys(request.headers).concat(request.headers.toString === Object.prototype.toString) })";
    expect(changesOf(await run(handler, { headers, query: "__proto__=1" })).body).toBe(
      '["__proto__","constructor",true]',
    );
  });

  test("drops the delivery with null", async () => {
    expect(await run("() => null")).toMatchObject({ dropped: true });
  });

  test("writes to a console that is read where it is wanted", async () => {
    const handler = '(request) => { console.log("n is", request.body.n, { a: 1 }); return request; }';
    expect(await run(handler, { wants_lines: true })).toMatchObject({ lines: ['n is 1 {"a":1}'] });
    expect(await run(handler)).not.toHaveProperty("lines");
  });
});

describe("code of other gateways", () => {
  test("transform takes and returns the payload", async () => {
    expect(await bodyOf("function transform(payload) { return { id: payload.n } }")).toEqual({ id: 1 });
    expect(await bodyOf("const transform = (payload) => ({ id: payload.n })")).toEqual({ id: 1 });
    expect(await sandbox.run(codeOf("function transform() { return null }"), inputOf())).toMatchObject({
      dropped: true,
    });
  });

  test("handler takes and returns the webhook, whose headers are added", async () => {
    const source = `function handler(webhook) {
      webhook.payload.type = webhook.eventType;
      webhook.method = "PUT";
      webhook.headers = { "X-Added": "1" };
      return webhook;
    }`;
    expect(changesOf(await sandbox.run(codeOf(source), inputOf()))).toEqual({
      method: "PUT",
      headers: { set: { "x-added": ["1"] }, removed: [] },
      body: '{"n":1,"type":"order.created"}',
    });
    const cancel = "function handler(webhook) { webhook.cancel = true; return webhook }";
    expect(await sandbox.run(codeOf(cancel), inputOf())).toMatchObject({ dropped: true });
    const url = 'function handler(webhook) { webhook.url = "https://elsewhere.example"; return webhook }';
    expect(faultOf(await sandbox.run(codeOf(url), inputOf())).message).toContain("its target's URL");
  });

  test("TypeScript loses its types", async () => {
    const source = `type Order = { n: number };
      enum Size { Small = 1 }
      const double = (order: Order): number => order.n * 2;
      function transform(payload: Order): unknown { return { double: double(payload), size: Size.Small } }`;
    expect(await bodyOf(source)).toEqual({ double: 2, size: 1 });
  });
});

describe("faults", () => {
  const typed = (code: string) =>
    `interface Order {\n  id: number;\n}\n\n// The first line.\nenum Size { Small = 1,\n  Large }\n${code}`;

  test.each([
    ["function transform(payload: Order): unknown { return (payload as any).no.id }", 8, "id }", -1],
    [
      "function transform(payload: Order) {\n  const n: number = 1, m: Size = Size.Large; return none(n);\n}",
      9,
      "none",
      0,
    ],
    [
      "function transform(payload: Order): unknown {\n\n  let total: number;\n  throw new TypeError(String(total) as string);\n}",
      11,
      "(String(total)",
      0,
    ],
    [
      "const transform = <T,>(payload: T): T => payload;\nconst none: number = (missing as number);",
      9,
      "missing",
      0,
    ],
    ["function transform(payload: Order) {\n  let x: = 3;\n}", 9, "= 3", 0],
    [
      "function transform(payload: Order) { return payload }\nfunction other(a: number) { return 1 +; }",
      9,
      ";",
      0,
    ],
  ])("of TypeScript have the place where it was typed: %j", async (code, line, at, shift) => {
    const fault = faultOf(await sandbox.run(codeOf(typed(code)), inputOf()));
    const column = (typed(code).split("\n")[line - 1]?.indexOf(at) ?? 0) + shift + 1;
    expect({ line: fault.line, column: fault.column }).toEqual({ line, column });
  });

  test("name line and column", async () => {
    const source = `addHandler("transform", (request) => {\n  const order = request.body.order;\n  return order.id;\n});`;
    expect(faultOf(await sandbox.run(codeOf(source), inputOf()))).toEqual({
      message: "TypeError: cannot read property 'id' of undefined",
      line: 3,
      column: 15,
    });
    const broken = 'addHandler("transform", (request) => {\n  const a = ;\n});';
    expect(faultOf(await sandbox.run(codeOf(broken), inputOf()))).toMatchObject({ line: 2, column: 13 });
    const atStart = "\nnull.x;";
    expect(faultOf(await sandbox.run(codeOf(atStart), inputOf()))).toMatchObject({ line: 2 });
  });

  test.each([
    ["(request) => {}", "It returned nothing: return the request, or null to drop the delivery."],
    ["async (request) => request", "It is asynchronous: nothing can be awaited, return the result itself."],
    ["() => 1", "It returned something that is no request."],
    ["() => ({ method: 1 })", "It returned a method that is no text."],
    ["() => ({ headers: [] })", "It returned headers that are no object."],
    ["() => ({ headers: { a: {} } })", "It returned a header a that is no text."],
    ["() => ({ body: () => 1 })", "It returned a body that JSON cannot carry."],
    ["() => ({ body: 'x'.repeat(5e6) })", "It returned a body over 4 MiB."],
    ["() => { throw 'no' }", "threw no"],
    ["() => { for (;;); }", "It took longer than 100 ms."],
    ["() => { const a = []; for (;;) a.push(new ArrayBuffer(1 << 20)); }", "InternalError: out of memory"],
  ])("of %s are told in words", async (handler, message) => {
    expect(faultOf(await run(handler)).message).toBe(message);
  });

  test("of code in no known shape say which there are", async () => {
    expect(faultOf(await sandbox.run(codeOf("1 + 1"), inputOf())).message).toStartWith("Call addHandler(");
  });
});

describe("equal events", () => {
  const source = `let runs = 0;
    const startedAt = Date.now();
    function transform() {
      runs++;
      globalThis.seen = (globalThis.seen ?? 0) + 1;
      Array.prototype.grown = (Array.prototype.grown ?? 0) + 1;
      return [runs, globalThis.seen, [].grown, startedAt, Date.now(), new Date().toString(), Date(), Math.random(),
        Math.random(), new Date(2026, 0, 1).getTimezoneOffset()];
    }`;

  test("give equal bytes, whatever ran before and in which process", async () => {
    const code = codeOf(source);
    const first = changesOf(await sandbox.run(code, inputOf()));
    for (let run = 0; run < 40; run++) {
      await sandbox.run(code, inputOf({ id: `01938f9e-0000-7000-8000-0000000000${10 + run}` }));
    }
    expect(changesOf(await sandbox.run(code, inputOf()))).toEqual(first);
    const other = openSandbox();
    expect(changesOf(await other.run(code, inputOf()))).toEqual(first);
    other.stop();
  });

  test("have the time of receipt for a clock, and random numbers of their id", async () => {
    const [runs, seen, grown, startedAt, now, text, called, random, nextRandom, offset] = Object.values(
      Object(await bodyOf(source)),
    );
    expect([runs, seen, grown, startedAt, now, offset]).toEqual([1, 1, 1, 0, RECEIVED_AT, 0]);
    expect(text).toBe("Fri Jan 02 2026 03:04:05 GMT+0000");
    expect(called).toBe(text);
    expect(random).not.toBe(nextRandom);
    const other = Object.values(Object(await bodyOf(source, { id: "01938f9e-0000-7000-8000-000000000002" })));
    expect(other[7]).not.toBe(random);
  });
});

test("JSON nested deeper than 128 levels is given as text, and has nothing fail or be killed", async () => {
  const code = handlerOf("({ body }) => ({ body: { kind: typeof body } })");
  const kindOf = async (body: string) => changesOf(await sandbox.run(code, inputOf({ body }))).body;
  const list = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
  const object = (depth: number) => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  expect(await kindOf(list(128))).toBe('{"kind":"object"}');
  expect(await kindOf(JSON.stringify({ text: "[".repeat(200) }))).toBe('{"kind":"object"}');
  for (const depth of [129, 20_000, 40_000, 120_000]) {
    for (const body of [list(depth), object(depth), "[".repeat(depth)]) {
      expect(await kindOf(body)).toBe('{"kind":"string"}');
    }
  }
});

test("nothing of the gateway or its runtime can be reached", async () => {
  const names = [
    "process",
    "Bun",
    "fetch",
    "require",
    "module",
    "WebAssembly",
    "setTimeout",
    "queueMicrotask",
    "performance",
    "navigator",
    "self",
    "postMessage",
  ];
  const reach = `(request) => ({ body: ${JSON.stringify(names)}.map((name) =>
    typeof globalThis[name] + new Function("return typeof " + name)() + (0, eval)("typeof " + name)) })`;
  expect(JSON.parse(changesOf(await run(reach)).body ?? "")).toEqual(names.map(() => "undefined".repeat(3)));
  expect(faultOf(await run('() => import("fs")')).message).toContain("asynchronous");
});
