import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import tls from "node:tls";
import { createTestOutbound, inShort, type TestOutbound } from "../support/outbound.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

/** The certificate is for secure.test, also.test and 127.0.0.1, signed by its own authority. */
const fixture = (name: string) => readFileSync(join(import.meta.dir, "../support/tls", name), "utf8");
const ca = fixture("authority.crt");

let receiver: Receiver;
const clients: TestOutbound[] = [];
beforeAll(async () => {
  receiver = await startReceiver({
    tls: { key: fixture("secure-test.key"), cert: fixture("secure-test.crt") },
  });
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => receiver.close());

function createClient(options: { ca?: string }): TestOutbound {
  const client = createTestOutbound(options);
  clients.push(client);
  return client;
}
const to = (host: string) => ({ url: `https://${host}:${receiver.port}/` });
const last = () => receiver.requests.at(-1);

describe("TLS", () => {
  test("sends and verifies the name in the URL", async () => {
    expect(inShort(await createClient({ ca }).send(to("secure.test")))).toBe("200");
    expect(last()?.servername).toBe("secure.test");
  });

  test("uses the name in the URL if a Host header says another", async () => {
    const client = createClient({ ca });
    expect(inShort(await client.send({ ...to("secure.test"), headers: [["Host", "also.test"]] }))).toBe(
      "200",
    );
    expect([last()?.servername, last()?.header("host")]).toEqual(["secure.test", "also.test"]);
    const before = receiver.requests.length;
    const wrong = await client.send({ ...to("wrong.test"), headers: [["Host", "secure.test"]] });
    expect(inShort(wrong)).toContain("its certificate is for a different name");
    expect(receiver.requests).toHaveLength(before);
  });

  test("verifies an address by the certificate's addresses, and sends no name", async () => {
    expect(inShort(await createClient({ ca }).send(to("127.0.0.1")))).toBe("200");
    expect(last()?.servername).toBe(false);
    expect(inShort(await createClient({ ca }).send(to("127.0.0.5")))).not.toBe("200");
  });

  test("refuses a certificate from an unknown authority, whatever the environment says", async () => {
    const before = process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    try {
      const result = await createClient({}).send(to("secure.test"));
      expect(result).toMatchObject({ kind: "failed", code: "tls", retryable: true });
      expect(inShort(result)).toContain("unknown CA");
    } finally {
      if (before === undefined) delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
      else process.env.NODE_TLS_REJECT_UNAUTHORIZED = before;
    }
  });

  test("shares no connection between two names of one certificate and address", async () => {
    const client = createClient({ ca });
    const used: unknown[] = [];
    for (const host of ["secure.test", "also.test", "secure.test", "also.test"]) {
      await client.send(to(host));
      used.push([last()?.servername, last()?.connection]);
    }
    expect(used).toEqual([used[0], used[1], used[0], used[1]]);
    expect(used[0]).not.toEqual(used[1]);
    expect(used.map(String).every((each, at) => each.startsWith(at % 2 ? "also" : "secure"))).toBe(true);
  });

  test("on a plain port fails with a message, and the other way round", async () => {
    const plain = await startReceiver();
    const result = await createClient({ ca }).send({ url: `https://secure.test:${plain.port}/` });
    expect(result).toMatchObject({ kind: "failed", retryable: true });
    const reverse = await createClient({}).send({ url: `http://secure.test:${receiver.port}/` });
    expect(reverse).toMatchObject({ kind: "failed", retryable: true });
    expect([inShort(result), inShort(reverse)].every((text) => text.includes("secure.test"))).toBe(true);
    await plain.close();
  });

  test("failures are described without the library's codes", async () => {
    const certificate = { key: fixture("secure-test.key"), cert: fixture("secure-test.crt") };
    const services = [
      [
        net.createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")),
        "should begin with http://",
      ],
      [
        tls.createServer({ ...certificate, minVersion: "TLSv1", maxVersion: "TLSv1.1" }),
        "neither TLS 1.2 nor",
      ],
      [
        tls.createServer({
          ...certificate,
          requestCert: true,
          rejectUnauthorized: true,
          maxVersion: "TLSv1.2",
        }),
        "may require a client certificate",
      ],
      [
        tls.createServer({ ...certificate, requestCert: true, rejectUnauthorized: true }),
        "requires a client certificate",
      ],
    ] as const;
    for (const [service, reason] of services) {
      service.listen(0, "127.0.0.1");
      await once(service, "listening");
      const address = service.address();
      const port = typeof address === "object" ? address?.port : undefined;
      const text = inShort(await createClient({ ca }).send({ url: `https://secure.test:${port}/` }));
      expect(text).toStartWith(`tls: TLS with secure.test:${port} failed: it `);
      expect(text).toContain(reason);
      expect(text).not.toMatch(/error:|routines|_/);
      service.close();
    }
  });

  test("of an idle connection that ended with a 408 starts again, once", async () => {
    const client = createClient({ ca });
    const own = await startReceiver({
      tls: { key: fixture("secure-test.key"), cert: fixture("secure-test.crt") },
    });
    const url = `https://secure.test:${own.port}/`;
    const closing = { status: 408, headers: { connection: "close" }, body: "slow" };
    await client.send({ url });
    own.answerWith((_, index) => (index === 1 ? closing : { body: "taken" }));
    expect(inShort(await client.send({ url }))).toBe("200 taken");
    expect(own.requests.map(({ connection }) => connection)).toEqual([1, 1, 2]);
    own.answerWith(closing);
    expect(inShort(await client.send({ url }))).toBe("408 slow");
    expect(own.requests.map(({ connection }) => connection)).toEqual([1, 1, 2, 2, 3]);
    await own.close();
  });
});
