/** Requests that a follower forwards to the leader. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { NodeAddress } from "../../../src/http/cluster/forward.ts";
import type { NodeCaller } from "../../../src/http/cluster/node-signature.ts";
import { sendRaw } from "../../support/http-server.ts";
import { startWire, type Wire } from "../../support/wire.ts";
import { clock, signaturesOf, startLeader, startNode } from "./pair.ts";

const TLS = join(import.meta.dir, "../../support/tls");

let answer: (request: Request) => Response | Promise<Response> = () => new Response("ok");
/** Read when the request arrived: the runtime drops the URL after the response. */
type Seen = Readonly<{ method: string; url: string; headers: Headers; caller: NodeCaller | null }>;
const seen: Seen[] = [];
const leader = startLeader((request) => {
  const { method, url, headers } = request;
  seen.push({ method, url, headers, caller: signaturesOf("a").verify(request) });
  return answer(request);
});
let wire: Wire;
let current: NodeAddress | null = leader.address;
const follower = startNode("b", () => current);

beforeAll(async () => {
  wire = await startWire();
});
afterEach(() => {
  answer = () => new Response("ok");
  seen.length = 0;
  current = leader.address;
  follower.lines.length = 0;
});
afterAll(async () => {
  await follower.stop();
  await leader.stop();
  wire.stop();
});

const get = (path: string, init: BunFetchRequestInit = {}) =>
  fetch(`${follower.url}${path}`, { redirect: "manual", ...init });
const toWire = () => {
  current = { node: "a", url: wire.url };
};
const raw = (text: string) =>
  sendRaw(follower.port, `${text.replaceAll("\n", "\r\n")}\r\nConnection: close\r\n\r\n`);

describe("the leader receives", () => {
  test("the method, path, query, Host and end-to-end headers of the client, and its signed address", async () => {
    await raw(
      "PATCH /api/v1/a%20b?q=%2F&q=2 HTTP/1.1\nHost: hooks.example:99\nX-Own: caf\u00e9\nCookie: a=1\nTE: trailers\nKeep-Alive: 5\nX-Hop: 1\nConnection: x-hop",
    );
    const [request] = seen;
    expect(request?.method).toBe("PATCH");
    expect(request?.url).toBe("http://hooks.example:99/api/v1/a%20b?q=%2F&q=2");
    expect(request?.headers.get("cookie")).toBe("a=1");
    const own = Buffer.from(request?.headers.get("x-own") ?? "", "latin1");
    expect(own.toString()).toBe("caf\u00e9");
    expect(["te", "keep-alive", "x-hop"].filter((name) => request?.headers.has(name))).toEqual([]);
    expect(request?.caller).toEqual({ node: "b", client: "127.0.0.1" });
  });

  test("a body with its length, and one without as chunks", async () => {
    const bodies: string[] = [];
    answer = async (request) => {
      bodies.push(`${request.headers.get("content-length")} ${await request.text()}`);
      return new Response();
    };
    await raw("POST /a HTTP/1.1\nHost: a.b\nContent-Length: 5\n\nhello".replace("\n\n", "\nX: 1\n\n"));
    await get("/a", { method: "DELETE", body: streamed(["hel", "lo"]) });
    await get("/a", { method: "POST" });
    expect(bodies.slice(1)).toEqual(["null hello", "0 "]);
  });

  test("the first part of an upload before the client has sent the last", async () => {
    const first = Promise.withResolvers<string>();
    answer = async (request) => {
      let all = "";
      for await (const chunk of request.body ?? []) {
        all += new TextDecoder().decode(chunk);
        first.resolve(all);
      }
      return new Response(all);
    };
    const sendRest = Promise.withResolvers<void>();
    async function* parts() {
      yield "one ";
      await sendRest.promise;
      yield "two";
    }
    const answered = get("/import", { method: "POST", body: streamed(parts()) });
    expect(await first.promise).toBe("one ");
    sendRest.resolve();
    expect(await (await answered).text()).toBe("one two");
  });
});

describe("the client receives", () => {
  test("the status, all headers, repeated cookies and the body as they are", async () => {
    answer = () => {
      const headers = new Headers({ "x-request-id": "the leader's", "retry-after": "7" });
      headers.append("set-cookie", "a=1; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT");
      headers.append("set-cookie", "b=2");
      return new Response("no", { status: 429, headers });
    };
    const response = await get("/api/v1/webhooks");
    expect([response.status, await response.text()]).toEqual([429, "no"]);
    expect(response.headers.getSetCookie()).toEqual([
      "a=1; Path=/; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
      "b=2",
    ]);
    expect([response.headers.get("x-request-id"), response.headers.get("retry-after")]).toEqual([
      "the leader's",
      "7",
    ]);
  });

  test("redirects, which the follower does not follow", async () => {
    answer = () => new Response(null, { status: 303, headers: { location: "/login" } });
    const response = await get("/");
    expect([response.status, response.headers.get("location"), seen.length]).toEqual([303, "/login", 1]);
  });

  test("compressed bodies as they are", async () => {
    const packed = gzipSync("hello ".repeat(100));
    answer = () => new Response(packed, { headers: { "content-encoding": "gzip" } });
    const response = await get("/", { decompress: false });
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(Buffer.from(await response.arrayBuffer()).equals(packed)).toBe(true);
  });

  test("answers without a body, and the length that HEAD tells", async () => {
    for (const status of [204, 304]) {
      answer = () => new Response(null, { status, headers: { etag: '"x"' } });
      expect(await raw("GET / HTTP/1.1\nHost: a.b")).toMatch(
        new RegExp(`^HTTP/1.1 ${status} .*etag: "x"`, "is"),
      );
    }
    answer = () => new Response("12345");
    expect(await raw("HEAD / HTTP/1.1\nHost: a.b")).toMatch(/^HTTP\/1.1 200 .*content-length: 5\r\n\r\n$/is);
  });

  test("the first part of a stream before the leader has sent the last", async () => {
    const sendRest = Promise.withResolvers<void>();
    async function* parts() {
      yield "data: 1\n\n";
      await sendRest.promise;
      yield "data: 2\n\n";
    }
    answer = () => new Response(streamed(parts()), { headers: { "content-type": "text/event-stream" } });
    const response = await get("/events");
    const reader = response.body?.getReader();
    const text = async () => new TextDecoder().decode((await reader?.read())?.value);
    expect(await text()).toBe("data: 1\n\n");
    sendRest.resolve();
    expect(await text()).toBe("data: 2\n\n");
    expect((await reader?.read())?.done).toBe(true);
  });

  test("more open streams than fetch makes requests at a time", async () => {
    answer = () => new Response(streamed(neverEnding()));
    const leave = new AbortController();
    const streams = await Promise.all(Array.from({ length: 300 }, () => firstBytes(leave.signal)));
    expect(streams.filter((text) => text.includes("data: 1"))).toHaveLength(300);
    answer = () => new Response("ok");
    expect(await raw("GET / HTTP/1.1\nHost: a.b")).toEndWith("ok");
    leave.abort();
  });
});

describe("a connection that breaks", () => {
  test("on the client's side ends the request at the leader", async () => {
    const gone = Promise.withResolvers<void>();
    answer = (request) => {
      request.signal.addEventListener("abort", () => gone.resolve());
      return new Response(streamed(neverEnding()));
    };
    const leave = new AbortController();
    const response = await get("/events", { signal: leave.signal });
    await response.body?.getReader().read();
    leave.abort();
    await gone.promise;
  });

  test("on the client's side before the answer ends the request at the leader", async () => {
    toWire();
    const leave = new AbortController();
    const asked = get("/slow", { signal: leave.signal }).catch(() => null);
    const upstream = await wire.asked("/slow");
    leave.abort();
    await upstream.closed;
    expect(await asked).toBeNull();
  });

  test("on the client's side during an upload ends it at the leader", async () => {
    toWire();
    const leave = new AbortController();
    const body = streamed(neverEnding());
    const sent = get("/import", { method: "POST", body, signal: leave.signal }).catch(() => null);
    const upstream = await wire.asked("data: 1");
    leave.abort();
    await upstream.closed;
    expect(await sent).toBeNull();
  });

  test("on the leader's side in the middle of a body breaks the client's, whether its length is known or not", async () => {
    toWire();
    for (const framing of [
      "Content-Length: 100\r\n\r\nhello",
      "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
    ]) {
      const path = `/export/${framing.length}`;
      const asked = get(path);
      const upstream = await wire.asked(path);
      await upstream.send(`HTTP/1.1 200 OK\r\n${framing}`);
      const reader = (await asked).body?.getReader();
      expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("hello");
      upstream.end();
      expect(reader?.read()).rejects.toThrow();
      await reader?.closed.catch(() => undefined);
      expect(follower.lines.some(({ message }) => message === "the leader's answer broke off")).toBe(true);
    }
  });

  test("before the leader's answer begins gives 503", async () => {
    toWire();
    const asked = get("/api/v1/webhooks", { method: "POST", body: "{}" });
    (await wire.asked("/api/v1/webhooks")).reset();
    await expectUnavailable(await asked, "leader_unreachable");
  });

  test("while connecting for ten seconds gives 503", async () => {
    // The first bytes of TLS, which get no answer.
    current = { node: "a", url: wire.url.replace("http:", "https:") };
    const asked = get("/");
    const upstream = await wire.asked("\x16\x03\x01");
    clock.advance(9_999);
    expect(Bun.peek.status(asked)).toBe("pending");
    clock.advance(1);
    await expectUnavailable(await asked, "leader_unreachable");
    await upstream.closed;
  });
});

describe("answers with 503", () => {
  test("while there is no leader, in the form of the API", async () => {
    current = null;
    await expectUnavailable(await get("/api/v1/webhooks"), "no_leader");
  });

  test("if the leader's port is closed", async () => {
    const closed = startLeader(() => new Response());
    await closed.stop();
    current = closed.address;
    await expectUnavailable(await get("/"), "leader_unreachable");
  });

  test("to a request that another node forwarded, which is not forwarded again", async () => {
    const headers = signaturesOf("c").sign({ method: "GET", path: "/", client: "192.0.2.7" });
    await expectUnavailable(await get("/", { headers }), "not_leader");
    expect(seen).toEqual([]);
  });

  test("once another node leads, to requests that wait for the one before", async () => {
    toWire();
    const waiting = get("/slow");
    await wire.asked("/slow");
    const streams = await openStream();
    current = { node: "c", url: leader.address.url };
    follower.forwarder.leaderChanged();
    await expectUnavailable(await waiting, "leader_unreachable");
    expect(streams.read()).rejects.toThrow();
    await streams.closed.catch(() => undefined);
  });
});

test("requests under way go on while the leader is the same, or unknown", async () => {
  toWire();
  const asked = get("/same");
  const upstream = await wire.asked("/same");
  follower.forwarder.leaderChanged();
  current = null;
  follower.forwarder.leaderChanged();
  await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
  expect(await (await asked).text()).toBe("done");
});

test("the leader's certificate must be for its own address, whatever host the client names", async () => {
  const [cert = "", key = "", ca = ""] = await Promise.all(
    ["secure-test.crt", "secure-test.key", "authority.crt"].map((name) => Bun.file(join(TLS, name)).text()),
  );
  const secure = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    tls: { cert, key },
    fetch: () => new Response("ok"),
  });
  const at = (host: string) => () => ({ node: "a", url: `https://${host}:${secure.port}` });
  const [trusting, wary, misled] = [
    startNode("b", at("127.0.0.1"), { ca }),
    startNode("b", at("127.0.0.1")),
    startNode("b", at("localhost"), { ca }),
  ];
  const ask = ({ url }: { url: string }) => fetch(url, { headers: { host: "hooks.example" } });
  expect(await (await ask(trusting)).text()).toBe("ok");
  await expectUnavailable(await ask(wary), "leader_unreachable");
  await expectUnavailable(await ask(misled), "leader_unreachable");
  await Promise.all([trusting, wary, misled].map(({ stop }) => stop()));
  await secure.stop(true);
});

test("the client's connection may be silent until its answer ends, and no longer", async () => {
  toWire();
  const limits: number[] = [];
  const forward = (method: string) =>
    follower.forwarder.forward(new Request("http://a.b/quiet", { method }), null, (each) =>
      limits.push(each),
    );
  const asked = forward("GET");
  const upstream = await wire.asked("/quiet");
  await upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha");
  const response = await asked;
  expect(limits).toEqual([0]);
  await upstream.send("lf");
  expect(await response.text()).toBe("half");
  expect(limits).toEqual([0, 120]);
  current = leader.address;
  await forward("HEAD");
  expect(limits).toEqual([0, 120, 0, 120]);
  toWire();
  const broken = forward("DELETE");
  (await wire.asked("DELETE /quiet")).reset();
  await broken.catch(() => undefined);
  expect(limits).toEqual([0, 120, 0, 120, 0, 120]);
});

async function openStream() {
  const asked = get("/stream");
  const upstream = await wire.asked("/stream");
  await upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  const reader = (await asked).body?.getReader();
  if (reader === undefined) throw new Error("there is no body");
  await reader.read();
  return reader;
}

async function expectUnavailable(response: Response, code: string): Promise<void> {
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "3"]);
  expect(await response.json()).toMatchObject({ error: { code } });
}

function streamed(parts: Iterable<string> | AsyncIterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = (async function* () {
    for await (const part of parts) yield encoder.encode(part);
  })();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

async function* neverEnding() {
  yield "data: 1\n\n";
  await new Promise(() => {});
}

/** Over a socket of its own, because fetch would be the limit. */
function firstBytes(leave: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  Bun.connect({
    hostname: "127.0.0.1",
    port: follower.port,
    socket: {
      open(socket) {
        socket.write("GET /events HTTP/1.1\r\nHost: a.b\r\n\r\n");
        leave.addEventListener("abort", () => socket.terminate());
      },
      data(_socket, bytes) {
        text += bytes.toString();
        if (text.includes("data: 1")) resolve(text);
      },
      error: (_socket, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}
