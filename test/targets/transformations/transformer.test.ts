import { describe, expect, test } from "bun:test";
import { gzipSync } from "node:zlib";
import type { TransformInput } from "../../../src/sandbox/answer.ts";
import type { Ran } from "../../../src/sandbox/job.ts";
import type { TypedEvent } from "../../../src/targets/transformations/transform-input.ts";
import { createTransform, describeFault } from "../../../src/targets/transformations/transformer.ts";

const event: TypedEvent = {
  id: "01938f9e-0000-7000-8000-000000000001",
  entrypointId: "e1",
  receivedAt: Date.UTC(2026, 0, 1),
  method: "POST",
  pathTail: "/a",
  query: "b=1",
  headers: [
    ["Content-Type", "application/json"],
    ["X-Two", "1"],
    ["x-two", "2"],
  ],
  contentType: "application/json",
  remoteAddress: "192.0.2.1",
  type: "order.created",
  body: new TextEncoder().encode('{"n": 1}'),
};

/** Transforms with a sandbox that answers so; `seen` is what it was given. */
async function transformed(ran: Ran, given: Partial<TypedEvent> = {}) {
  let seen: TransformInput | undefined;
  const transform = createTransform({
    async run(_code, input) {
      seen = input;
      return ran;
    },
  });
  const code = { key: "t1:1", source: "" };
  const run = await transform({ code, event: { ...event, ...given }, webhookId: "w1", targetId: "t1" });
  return { run, seen };
}

const changed = (changes: Extract<Ran, { changes: unknown }>["changes"]): Ran => ({ changes, micros: 5 });

/** The request that comes of changes. */
async function requestOf(changes: Parameters<typeof changed>[0], given: Partial<TypedEvent> = {}) {
  const { run } = await transformed(changed(changes), given);
  if (run.kind !== "request") throw new Error(JSON.stringify(run));
  return run.event;
}

describe("what the code gets", () => {
  test("is the request as it was received, and what is known of the event", async () => {
    const { seen } = await transformed(changed({}));
    expect(seen).toEqual({
      at: event.receivedAt,
      method: "POST",
      path: "/a",
      query: "b=1",
      headers: Object.assign(Object.create(null), { "content-type": "application/json", "x-two": "1, 2" }),
      body: '{"n": 1}',
      context: {
        event_id: event.id,
        type: "order.created",
        received_at: "2026-01-01T00:00:00.000Z",
        webhook_id: "w1",
        entrypoint_id: "e1",
        target_id: "t1",
      },
    });
  });

  test("is a body unpacked and decoded as its headers say, or none", async () => {
    const packed = { headers: [["content-encoding", "gzip"]] as const, body: gzipSync("hello") };
    expect((await transformed(changed({}), packed)).seen?.body).toBe("hello");
    const latin = { contentType: "text/plain; charset=iso-8859-1", body: Uint8Array.of(0xe9) };
    expect((await transformed(changed({}), latin)).seen?.body).toBe("é");
    expect(
      (await transformed(changed({}), { body: Uint8Array.of(0xff, 0xfe, 0x00) })).seen?.body,
    ).toBeUndefined();
  });

  test("is nothing over 4 MiB", async () => {
    const { run, seen } = await transformed(changed({}), { body: new Uint8Array(4 * 1024 * 1024 + 1) });
    expect(seen).toBeUndefined();
    expect(run).toMatchObject({
      kind: "failed",
      fault: { message: "Bodies over 4 MiB are not transformed." },
    });
  });
});

describe("what is sent", () => {
  test("is the event itself, byte for byte, where the code changed nothing", async () => {
    expect(await requestOf({})).toEqual(event);
  });

  test("has the changes, and the other headers as they came", async () => {
    const headers = { set: { "X-New": ["a", "b"], "x-two": ["1, 2"] }, removed: ["content-type"] };
    expect(await requestOf({ method: "PUT", path: "/c", query: "", headers, body: "{}" })).toEqual({
      ...event,
      method: "PUT",
      pathTail: "/c",
      isPathChosen: true,
      query: "",
      headers: [
        ["X-Two", "1"],
        ["x-two", "2"],
        ["X-New", "a"],
        ["X-New", "b"],
      ],
      contentType: "",
      body: new TextEncoder().encode("{}"),
    });
  });

  test("is a new body in plain UTF-8, and says so", async () => {
    const headers = [
      ["Content-Type", 'text/plain; charset="iso-8859-1"; x=1'],
      ["Content-Encoding", "gzip"],
    ] as const;
    const given = { headers, contentType: headers[0][1], body: gzipSync("e") };
    const sent = await requestOf({ body: "é" }, given);
    expect(sent.headers).toEqual([["content-type", "text/plain; charset=utf-8; x=1"]]);
    expect(sent.body).toEqual(new TextEncoder().encode("é"));
    expect((await requestOf({ method: "PUT" }, given)).headers).toEqual(headers);
  });
});

test.each<[Parameters<typeof changed>[0], string]>([
  [{ method: "GET /" }, "a method that HTTP does not allow"],
  [{ path: "a" }, "a path that is not valid"],
  [{ path: "/a b" }, "a path that is not valid"],
  [{ path: "/a?b" }, "a path that is not valid"],
  [{ query: "a=b\r\nx: y" }, "a query that is not percent-encoded"],
  [{ query: "a#b" }, "a query that is not percent-encoded"],
  [{ headers: { set: { "a b": ["1"] }, removed: [] } }, 'whose name is not valid: "a b"'],
  [{ headers: { set: { a: ["1\r\nb: 2"] }, removed: [] } }, 'the header "a" cannot carry'],
  [{ body: "é".repeat(3_000_000) }, "a body over 4 MiB"],
])("a change like %j is refused in words", async (changes, words) => {
  const { run } = await transformed(changed(changes));
  if (run.kind !== "failed") throw new Error(run.kind);
  expect(run.fault.message).toContain(words);
});

test("what else comes of a run is told apart", async () => {
  expect((await transformed({ dropped: true, micros: 1 })).run).toMatchObject({ kind: "dropped" });
  const fault = { message: "TypeError: no", line: 4, column: 2 };
  expect((await transformed({ fault, micros: 1 })).run).toMatchObject({ kind: "failed", fault });
  expect((await transformed({ killed: true })).run).toMatchObject({ kind: "failed" });
  expect((await transformed({ disabled: true })).run).toMatchObject({ kind: "failed" });
  expect((await transformed({ unavailable: "no" })).run).toMatchObject({ kind: "unavailable", error: "no" });
});

test("a fault is told with its place, as far as that is known", () => {
  expect(describeFault({ message: "E", line: 4, column: 2 })).toBe("E (line 4, column 2)");
  expect(describeFault({ message: "E", line: 4 })).toBe("E (line 4)");
  expect(describeFault({ message: "E" })).toBe("E");
});
