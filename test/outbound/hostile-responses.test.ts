/** Whatever a service does, its request ends with a message, in time, and its connection is not reused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { HOSTILE_SERVICES, startService } from "../support/hostile-services.ts";
import { createTestOutbound, inShort, type TestOutbound } from "../support/outbound.ts";

/** The certificate is for secure.test, signed by its own authority. */
const fixture = (name: string) => readFileSync(join(import.meta.dir, "../support/tls", name), "utf8");
const certificate = { key: fixture("secure-test.key"), cert: fixture("secure-test.crt") };

const TIMEOUT_MS = 30_000;
/** Time limit for services that never end; nothing else is waited for. */
const SHORT_MS = 300;
const FAILURES = ["timeout", "connection_lost", "invalid_response"];

const WAYS = [
  ["in plain text", null, "http://127.0.0.1"],
  ["over TLS", certificate, "https://secure.test"],
] as const;

let client: TestOutbound;
beforeAll(() => {
  client = createTestOutbound({ ca: fixture("authority.crt") });
});
afterAll(() => client.close());

for (const [way, secure, origin] of WAYS) {
  describe(`a service that, ${way},`, () => {
    for (const { name, play, result, endless = false } of HOSTILE_SERVICES) {
      test(name, async () => {
        const service = await startService(play, secure);
        const url = `${origin}:${service.port}/`;
        const timeoutMs = endless ? SHORT_MS : TIMEOUT_MS;
        const got = await client.send({ url, timeoutMs, connectTimeoutMs: TIMEOUT_MS });
        expect(inShort(got)).toStartWith(result);
        if (FAILURES.includes(result)) expect(got).toMatchObject({ kind: "failed", retryable: true });
        if (got.kind === "response") {
          expect(got.response.body.byteLength).toBeLessThanOrEqual(64 * 1024);
        }
        service.stop();
      });
    }

    test("sends more than was requested, which is never taken for the next response", async () => {
      let asked = 0;
      const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
      const service = await startService((socket) => {
        asked++;
        socket.write(`${ok}HTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad`);
      }, secure);
      for (let time = 1; time <= 3; time++) {
        expect(inShort(await client.send({ url: `${origin}:${service.port}/` }))).toBe("200 ok");
        // Each on its own connection.
        expect(asked).toBe(time);
      }
      service.stop();
    });
  });
}

describe("where TLS is expected, a service that", () => {
  for (const [name, bytes] of [
    ["answers in plain text", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
    ["says bytes", new Uint8Array(64).fill(0xa5)],
    ["breaks the greeting off", new Uint8Array([0x16, 0x03, 0x03, 0x00, 0x7a, 0x02])],
  ] as const) {
    test(`${name} is a failure with a message`, async () => {
      const service = await startService((socket) => socket.end(bytes));
      const got = await client.send({ url: `https://secure.test:${service.port}/` });
      expect(got).toMatchObject({ kind: "failed", retryable: true });
      expect(inShort(got)).toContain("secure.test");
      service.stop();
    });
  }

  test("never completes the handshake is given up when the time to connect is over", async () => {
    const service = await startService(() => {});
    const url = `https://secure.test:${service.port}/`;
    const got = await client.send({ url, connectTimeoutMs: SHORT_MS });
    expect(inShort(got)).toStartWith("connect_timeout");
    service.stop();
  });
});
