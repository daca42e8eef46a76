import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { AppError } from "../../src/lib/errors.ts";
import { isId } from "../../src/lib/ids.ts";
import { sendRaw } from "../support/http-server.ts";
import { chunked, ENTRYPOINT, type IngestServer, startIngest } from "./ingest-server.ts";

let ingest: IngestServer;

beforeEach(() => {
  ingest = startIngest();
});
afterEach(() => ingest.stop());

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, value) => value);

function raw(line: string, headers = "Content-Length: 0\r\n"): Promise<string> {
  return sendRaw(ingest.port, `${line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n`);
}

test("an event is acknowledged with its id, and only once it is stored", async () => {
  const { promise: isStored, resolve: store } = Promise.withResolvers<void>();
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  ingest.onAppend(() => {
    asked();
    return isStored;
  });
  let isAnswered = false;
  const answering = ingest.post("", { body: "a" }).then((response) => {
    isAnswered = true;
    return response;
  });
  await isAsked;
  expect(isAnswered).toBe(false);
  store();
  const response = await answering;
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json");
  const id = ingest.stored[0]?.id ?? "";
  expect(isId(id)).toBe(true);
  expect(await response.json()).toEqual({ id });
  expect(response.headers.get("x-webhooker-event-id")).toBe(id);
});

describe("exact bytes are kept", () => {
  const bodies: readonly (readonly [name: string, type: string | null, body: Uint8Array<ArrayBuffer>])[] = [
    ["every byte as a binary", "application/octet-stream", ALL_BYTES],
    ["every byte as JSON that it is not", "application/json", ALL_BYTES],
    ["broken UTF-8 as text", "text/plain; charset=utf-8", new Uint8Array([0xc3, 0x28, 0xff])],
    ["a form", "application/x-www-form-urlencoded", new TextEncoder().encode("a=1&b=%20+")],
    ["a broken multipart form", "multipart/form-data; boundary=x", new TextEncoder().encode("--x\r\nno")],
    ["a byte order mark", "application/json", new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
    ["no type", null, ALL_BYTES],
    ["an invalid type", "///;;=", ALL_BYTES],
    ["nothing", "application/json", new Uint8Array()],
  ];
  for (const [name, type, body] of bodies) {
    test(name, async () => {
      const headers: Record<string, string> = type === null ? {} : { "content-type": type };
      const whole = await ingest.post("", { body, headers });
      const inChunks = await ingest.post("", {
        body: chunked(body.slice(0, 3), body.slice(3)),
        headers,
      });
      expect([whole.status, inChunks.status]).toEqual([200, 200]);
      for (const draft of ingest.stored) expect(new Uint8Array(draft.body)).toEqual(body);
      expect(ingest.stored[0]?.contentType).toBe(type ?? "");
    });
  }

  test("of a request without a body and without a length", async () => {
    const answer = await raw(`POST /webhook/${ENTRYPOINT}`, "");
    expect(answer).toStartWith("HTTP/1.1 200");
    expect(ingest.stored[0]?.body.byteLength).toBe(0);
  });
});

describe("the path after the entrypoint's id is kept, percent-encoded", () => {
  const tails: readonly (readonly [sent: string, pathTail: string, query: string])[] = [
    ["", "", ""],
    ["/", "/", ""],
    ["?", "", ""],
    ["?a=1&b=%20?c", "", "a=1&b=%20?c"],
    ["/a/b%2Fc?x=/y", "/a/b%2Fc", "x=/y"],
    ["//a//", "//a//", ""],
    ["/a/./b/../c", "/a/c", ""],
    ["/%zz", "/%zz", ""],
    ["/a#b?c", "/a#b", "c"],
    ["/\u00e9", "/%C3%A9", ""],
    [`/${ENTRYPOINT}?${ENTRYPOINT}`, `/${ENTRYPOINT}`, ENTRYPOINT],
    ["?/a", "", "/a"],
  ];
  for (const [sent, pathTail, query] of tails) {
    test(JSON.stringify(sent), async () => {
      expect(await raw(`POST /webhook/${ENTRYPOINT}${sent}`)).toStartWith("HTTP/1.1 200");
      expect(ingest.stored).toMatchObject([{ method: "POST", pathTail, query }]);
    });
  }

  test("also if the id itself is percent-encoded", async () => {
    await raw(`POST /webhook/%33${ENTRYPOINT.slice(1)}/a?b`);
    expect(ingest.stored).toMatchObject([{ entrypointId: ENTRYPOINT, pathTail: "/a", query: "b" }]);
  });

  test("also if the Host header contains the entrypoint's path", async () => {
    await sendRaw(
      ingest.port,
      `POST /webhook/${ENTRYPOINT}/a HTTP/1.1\r\nHost: ${ENTRYPOINT}.webhook\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(ingest.stored).toMatchObject([{ pathTail: "/a", query: "" }]);
  });
});

test("no path traversal reaches an entrypoint or leaves it", async () => {
  const paths = [
    `//webhook/${ENTRYPOINT}`,
    `/webhook//${ENTRYPOINT}`,
    `/webhook/${ENTRYPOINT}/../x`,
    `/webhook/${ENTRYPOINT}/%2e%2e/x`,
    `/webhook/${ENTRYPOINT}%2Fx`,
    `/webhook/${ENTRYPOINT}%00`,
    `/webhook/${ENTRYPOINT}#x`,
    `/webhook/${ENTRYPOINT.toUpperCase()}`,
    `/WEBHOOK/${ENTRYPOINT}`,
    "/webhook/",
    "/webhook",
    "/webhook/__proto__",
    `/webhook/${"a".repeat(5_000)}`,
  ];
  for (const path of paths) expect(await raw(`POST ${path}`)).toStartWith("HTTP/1.1 404");
  expect(ingest.stored).toEqual([]);
});

test("headers, time, webhook and targets are stored with the event", async () => {
  ingest.clock.advance(1_234);
  const targets = [
    { id: "t1", settlesAtIngest: false },
    { id: "t2", settlesAtIngest: true },
  ];
  ingest.setRoute({ webhookId: "w1", targets });
  await raw(
    `POST /webhook/${ENTRYPOINT}`,
    "X-Sender: one\r\nx-sender: two\r\nX-Empty:\r\nX-High: caf\u00e9\r\nContent-Length: 0\r\n",
  );
  const [draft] = ingest.stored;
  expect(draft).toMatchObject({ webhookId: "w1", entrypointId: ENTRYPOINT, targets });
  expect(draft?.receivedAt).toBe(ingest.clock.now());
  expect(draft?.remoteAddress).toBe("127.0.0.1");
  const headers = new Map(draft?.headers);
  expect(headers.get("x-sender")).toBe("one, two");
  expect(headers.get("x-empty")).toBe("");
  expect(headers.get("host")).toBe("localhost");
});

describe("another method", () => {
  for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"]) {
    test(`${method} is refused, with the allowed methods`, async () => {
      for (const tail of ["", "/", "/a/b?c"]) {
        const answer = await raw(`${method} /webhook/${ENTRYPOINT}${tail}`);
        expect(answer).toStartWith("HTTP/1.1 405");
        expect(answer.toLowerCase()).toContain("\r\nallow: post\r\n");
        if (method === "HEAD") expect(answer).toEndWith("\r\n\r\n");
        else expect(answer).toContain('"code":"method_not_allowed"');
      }
      expect(ingest.stored).toEqual([]);
    });
  }

  test("reveals nothing about unknown or disabled entrypoints", async () => {
    ingest.setRoute({ active: false });
    expect(await raw(`GET /webhook/${ENTRYPOINT}`)).toStartWith("HTTP/1.1 410");
    ingest.setRoute(null);
    expect(await raw(`GET /webhook/${ENTRYPOINT}`)).toStartWith("HTTP/1.1 404");
  });
});

test("an unknown or deleted entrypoint gives 404, a disabled one 410", async () => {
  ingest.setRoute({ active: false });
  const off = await ingest.post("", { body: "a" });
  expect(off.status).toBe(410);
  expect(await off.json()).toMatchObject({ error: { code: "entrypoint_inactive" } });
  ingest.setRoute(null);
  const deleted = await ingest.post("", { body: "a" });
  expect(deleted.status).toBe(404);
  expect(await deleted.json()).toEqual({ error: { code: "not_found", message: "No such entrypoint." } });
  expect(ingest.stored).toEqual([]);
});

describe("while a body is being received", () => {
  /** Sends half of a body, runs `change`, and sends the rest. */
  async function during(change: () => void): Promise<Response> {
    let pulls = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        pulls++;
        if (pulls === 2) {
          // The gateway has found the entrypoint once it requests more of this body.
          await ingest.post("", { body: "first" });
          change();
        }
        if (pulls <= 3) controller.enqueue(ALL_BYTES);
        else controller.close();
      },
    });
    return ingest.post("", { body });
  }

  test("the entrypoint is disabled: 410, and nothing is stored", async () => {
    expect((await during(() => ingest.setRoute({ active: false }))).status).toBe(410);
    expect(ingest.stored.length).toBe(1);
  });

  test("the entrypoint is deleted: 404, and nothing is stored", async () => {
    expect((await during(() => ingest.setRoute(null))).status).toBe(404);
    expect(ingest.stored.length).toBe(1);
  });

  test("a target is added: it receives the event", async () => {
    const targets = [{ id: "new", settlesAtIngest: false }];
    expect((await during(() => ingest.setRoute({ targets }))).status).toBe(200);
    expect(ingest.stored[1]?.targets).toEqual(targets);
  });
});

test("an event that may not be on disk is refused with Retry-After", async () => {
  ingest.onAppend(() =>
    Promise.reject(
      new AppError({
        kind: "unavailable",
        code: "event_file_unavailable",
        message: "full",
        retryAfterSeconds: 30,
      }),
    ),
  );
  const response = await ingest.post("", { body: "a" });
  expect(response.status).toBe(503);
  expect(response.headers.get("retry-after")).toBe("30");
  expect(response.headers.get("x-webhooker-event-id")).toBeNull();
});
