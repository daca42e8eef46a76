import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { once } from "node:events";
import net from "node:net";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { createTestOutbound, inShort, type TestOutbound } from "../support/outbound.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

/** Limits take effect at the next sweep. */
const SWEEP_MS = 100;

let receiver: Receiver;
let clock: FakeClock;
let client: TestOutbound;
beforeEach(async () => {
  receiver = await startReceiver();
  clock = createFakeClock();
  client = createTestOutbound({ clock });
});
afterEach(async () => {
  client.close();
  await receiver.close();
});

describe("the limit of the whole request", () => {
  test("ends a request without a response, and its connection", async () => {
    receiver.answerWith({ hang: true });
    const result = client.send({ url: receiver.url, timeoutMs: 30_000 });
    await receiver.waitFor(1);
    clock.advance(29_999);
    expect(receiver.openConnections()).toBe(1);
    clock.advance(SWEEP_MS);
    expect(inShort(await result)).toBe("timeout: no response within 30 s");
    await receiver.waitForOpenConnections(0);
  });

  test("ends a body that drips, and keeps the status and what has arrived", async () => {
    receiver.answerWith((_, index) => (index === 0 ? { status: 202, drip: true, body: "slow" } : {}));
    const result = client.send({ url: receiver.url, timeoutMs: 1_000 });
    await receiver.waitFor(1);
    // The response comes after the drip began, so its end shows that the drip's head has arrived.
    expect(inShort(await client.send({ url: receiver.url }))).toBe("200");
    clock.advance(1_000 + SWEEP_MS);
    expect(await result).toMatchObject({ response: { statusCode: 202, bodyTruncated: true } });
    expect(inShort(await result)).toBe("202 slow");
    await receiver.waitForOpenConnections(1);
  });

  test("does not affect a request that ended in time", async () => {
    expect(inShort(await client.send({ url: receiver.url, timeoutMs: 1_000 }))).toBe("200");
    clock.advance(10_000);
    expect(inShort(await client.send({ url: receiver.url, timeoutMs: 1_000 }))).toBe("200");
    expect(receiver.connections()).toBe(1);
  });
});

describe("the limit of a body after a success status", () => {
  test("frees the slot five seconds after the head, and keeps what has arrived", async () => {
    receiver.answerWith((_, index) => (index === 0 ? { status: 202, drip: true, body: "slow" } : {}));
    const result = client.send({ url: receiver.url, timeoutMs: 30_000 });
    await receiver.waitFor(1);
    expect(inShort(await client.send({ url: receiver.url }))).toBe("200");
    clock.advance(4_900);
    expect(receiver.openConnections()).toBe(2);
    clock.advance(2 * SWEEP_MS);
    expect(await result).toMatchObject({ response: { statusCode: 202, bodyTruncated: true } });
    await receiver.waitForOpenConnections(1);
  });

  test("does not shorten the body of a failure", async () => {
    receiver.answerWith((_, index) => (index === 0 ? { status: 500, drip: true, body: "slow" } : {}));
    const result = client.send({ url: receiver.url, timeoutMs: 8_000 });
    await receiver.waitFor(1);
    expect(inShort(await client.send({ url: receiver.url }))).toBe("200");
    clock.advance(7_000);
    expect(receiver.openConnections()).toBe(2);
    clock.advance(1_000 + SWEEP_MS);
    expect(await result).toMatchObject({ response: { statusCode: 500, bodyTruncated: true } });
  });
});

describe("the limit of connecting", () => {
  test("ends the resolution of a name that never completes", async () => {
    const silent = createTestOutbound({ clock, resolve: () => new Promise(() => {}) });
    const result = silent.send({ url: "http://silent.example:8080/", connectTimeoutMs: 5_000 });
    clock.advance(5_000 + SWEEP_MS);
    expect(inShort(await result)).toBe("connect_timeout: no connection to silent.example:8080 within 5 s");
    silent.close();
  });

  test("ends a TLS handshake without a reply", async () => {
    const server = net.createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const accepted = once(server, "connection");
    const result = client.send({ url: `https://silent.example:${port}/`, connectTimeoutMs: 5_000 });
    const [socket] = await accepted;
    clock.advance(5_000 + SWEEP_MS);
    expect(inShort(await result)).toBe(`connect_timeout: no connection to silent.example:${port} within 5 s`);
    socket.destroy();
    server.close();
  });

  test("does not end a request that is connected and waits for its response", async () => {
    let release = () => {};
    const after = new Promise<void>((resolve) => {
      release = resolve;
    });
    receiver.answerWith({ after });
    const result = client.send({ url: receiver.url, connectTimeoutMs: 1_000 });
    await receiver.waitFor(1);
    clock.advance(20_000);
    release();
    expect(inShort(await result)).toBe("200");
  });
});

describe("aborting", () => {
  test("ends every request of that signal and no other, and their connections", async () => {
    receiver.answerWith({ hang: true });
    const controller = new AbortController();
    const aborted = [1, 2, 3].map(() => client.send({ url: receiver.url, signal: controller.signal }));
    const other = client.send({ url: receiver.url });
    await receiver.waitFor(4);
    controller.abort();
    for (const result of await Promise.all(aborted)) {
      expect(result).toMatchObject({ kind: "failed", code: "aborted", retryable: true });
    }
    await receiver.waitForOpenConnections(1);
    client.close();
    expect(await other).toMatchObject({ code: "aborted" });
    await receiver.waitForOpenConnections(0);
  });

  test("ends the remaining requests if others have ended before them", async () => {
    receiver.answerWith(({ path }) => (path === "/quick" ? {} : { hang: true }));
    const controller = new AbortController();
    const { signal } = controller;
    const first = client.send({ url: `${receiver.url}/quick`, signal });
    const rest = [1, 2].map(() => client.send({ url: receiver.url, signal }));
    await first;
    await receiver.waitFor(3);
    controller.abort();
    for (const result of await Promise.all(rest)) expect(result).toMatchObject({ code: "aborted" });
  });

  test("before the start sends nothing", async () => {
    expect(await client.send({ url: receiver.url, signal: AbortSignal.abort() })).toMatchObject({
      code: "aborted",
    });
    client.close();
    expect(await client.send({ url: receiver.url })).toMatchObject({ code: "aborted" });
    expect(receiver.connections()).toBe(0);
  });

  test("ends a request whose name is still being resolved", async () => {
    const silent = createTestOutbound({ resolve: () => new Promise(() => {}) });
    const result = silent.send({ url: "http://silent.example/" });
    silent.close();
    expect(await result).toMatchObject({ code: "aborted" });
  });
});

test("hundreds of requests without a response do not delay another", async () => {
  receiver.answerWith({ hang: true });
  const hanging = Array.from({ length: 400 }, () => client.send({ url: receiver.url }));
  await receiver.waitFor(400);
  const healthy = await startReceiver();
  expect(inShort(await client.send({ url: healthy.url }))).toBe("200");
  client.close();
  await Promise.all(hanging);
  await healthy.close();
});
