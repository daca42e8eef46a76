/** Reads bodies up to their limit, and JSON only if it is valid JSON. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { Elysia } from "elysia";
import { readJson } from "../../src/http/body.ts";
import { createErrorAnswers, errorHandler } from "../../src/http/errors.ts";
import { sendRaw, serve } from "../support/http-server.ts";
import { createRecordingLog } from "../support/recording-log.ts";

const LIMIT = 1_000;
const { log, lines } = createRecordingLog();
let refused = Promise.withResolvers<unknown>();
const server = serve(
  new Elysia({ precompile: true, handler: { standardHostname: false } })
    .use(errorHandler(createErrorAnswers({ log })))
    .post(
      "/json",
      async ({ request }) => {
        try {
          return Response.json({ got: (await readJson(request, LIMIT)).value ?? "nothing" });
        } catch (error) {
          refused.resolve(error);
          throw error;
        }
      },
      { parse: "none" },
    ),
);
afterAll(() => server.stop());
beforeEach(() => {
  lines.length = 0;
  refused = Promise.withResolvers();
});

async function post(body: Bun.BodyInit, type = "application/json") {
  const response = await fetch(`${server.url}/json`, {
    method: "POST",
    body,
    headers: { "content-type": type },
  });
  return { status: response.status, body: await response.json() };
}

function chunked(sizes: readonly number[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const size of sizes) controller.enqueue(new Uint8Array(size).fill(0x20));
      controller.close();
    },
  });
}

describe("readJson", () => {
  for (const type of [
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "application/ld+json",
  ]) {
    test(`reads ${type}`, async () => {
      expect(await post('{"a":"é"}', type)).toEqual({ status: 200, body: { got: { a: "é" } } });
    });
  }

  test("treats an empty body as absent", async () => {
    expect((await post("", "text/plain")).body).toEqual({ got: "nothing" });
  });

  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]) {
    test(`refuses "${type}" with 415`, async () => {
      expect(await post("{}", type)).toMatchObject({
        status: 415,
        body: { error: { code: "unsupported_type" } },
      });
    });
  }

  test("refuses broken JSON and broken UTF-8 with 400, and does not repeat it", async () => {
    for (const body of ['{"secret":hunter2}', "{", "null null", Uint8Array.of(0x22, 0xff, 0x22)]) {
      const answer = await post(body);
      expect(answer).toMatchObject({ status: 400, body: { error: { code: "malformed_json" } } });
      expect(JSON.stringify(answer.body)).not.toContain("hunter2");
    }
  });

  test("refuses a body over the limit with 413, with Content-Length", async () => {
    expect((await post(`"${"a".repeat(LIMIT - 2)}"`)).status).toBe(200);
    expect(await post(`"${"a".repeat(LIMIT - 1)}"`)).toMatchObject({
      status: 413,
      body: { error: { code: "too_large", message: "The body is larger than 1000 bytes." } },
    });
  });

  test("refuses a body over the limit with 413, in chunks", async () => {
    expect((await post(chunked([400, 400, 201]))).status).toBe(413);
    expect((await post(chunked([400, 400, 200]))).status).toBe(400);
    expect((await post(chunked([2_000_000]))).status).toBe(413);
  });

  test("responds on the same connection after a refusal, or closes it", async () => {
    const big = `POST /json HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n${"a".repeat(2000)}`;
    const last = "POST /json HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    expect(await sendRaw(server.port, big + last)).toStartWith("HTTP/1.1 413 ");
    expect((await post("1")).status).toBe(200);
  });

  test("treats a sender that hangs up half-way as the sender's error, not the server's", async () => {
    const socket = await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data() {} } });
    socket.write("POST /json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    socket.end();
    expect(await refused.promise).toMatchObject({ kind: "malformed" });
    expect((await post("1")).status).toBe(200);
    expect(lines).toEqual([]);
  });
});
