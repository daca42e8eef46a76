import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestOutbound, inShort, resolveToLoopback } from "../support/outbound.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

/** Time after which the next address of a name is tried in parallel. */
const NEXT_ADDRESS_MS = 250;

function connectionsUsed(): number[] {
  return receiver.requests.map((request) => request.connection);
}

describe("a connection", () => {
  test("is reused for the same name, and never for another one at the same address", async () => {
    const client = createTestOutbound();
    for (const host of [
      "one.example",
      "two.example",
      "one.example",
      "127.0.0.1",
      "two.example",
      "127.0.0.1",
    ]) {
      await client.send({ url: `http://${host}:${receiver.port}/` });
    }
    expect(connectionsUsed()).toEqual([1, 2, 1, 3, 2, 3]);
    client.close();
    await receiver.waitForOpenConnections(0);
  });

  test("is closed after half a minute of idle time", async () => {
    const clock = createFakeClock();
    const client = createTestOutbound({ clock });
    await client.send({ url: receiver.url });
    clock.advance(25_000);
    await client.send({ url: receiver.url });
    clock.advance(25_000);
    expect(receiver.openConnections()).toBe(1);
    clock.advance(10_000);
    await receiver.waitForOpenConnections(0);
    await client.send({ url: receiver.url });
    expect(connectionsUsed()).toEqual([1, 1, 2]);
    client.close();
  });

  test("with the longest idle time is closed if too many are idle over all names", async () => {
    const client = createTestOutbound({ maxIdleConnections: 2 });
    for (const host of ["a.example", "b.example", "c.example"]) {
      await client.send({ url: `http://${host}:${receiver.port}/` });
    }
    await receiver.waitForOpenConnections(2);
    for (const host of ["c.example", "b.example", "a.example"]) {
      await client.send({ url: `http://${host}:${receiver.port}/` });
    }
    expect(connectionsUsed()).toEqual([1, 2, 3, 3, 2, 4]);
    client.close();
  });

  test("is made to the next address of a name if the first refuses", async () => {
    const client = createTestOutbound({
      resolve: async () => [
        { address: "127.0.0.77", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ],
    });
    expect(inShort(await client.send({ url: `http://name.example:${receiver.port}/` }))).toBe("200");
    client.close();
  });

  test("is not disturbed by a parallel one to another address of the name", async () => {
    // All loopback addresses lead to the receiver, and the next address is tried immediately.
    const fake = createFakeClock();
    const after: typeof fake.after = (ms, then) => {
      if (ms !== NEXT_ADDRESS_MS) return fake.after(ms, then);
      then();
      return () => undefined;
    };
    const clock = { ...fake, after };
    const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"].map((address) => ({ address, family: 4 }));
    const client = createTestOutbound({ clock, resolve: async () => addresses });
    const everywhere = await startReceiver({ host: "0.0.0.0" });
    const url = `http://name.example:${everywhere.port}/`;
    for (let time = 0; time < 3; time++) expect(inShort(await client.send({ url }))).toBe("200");
    await everywhere.waitForOpenConnections(1);
    expect(new Set(everywhere.requests.map(({ connection }) => connection)).size).toBe(1);
    client.close();
    await everywhere.close();
  });

  test.each([
    [
      "after an upgrade that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n\r\n",
    ],
    ["after a head that others may read in another way", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
  ])("is not used again %s", async (_, raw) => {
    const client = createTestOutbound();
    receiver.answerWith({ raw });
    await client.send({ url: receiver.url });
    await client.send({ url: receiver.url });
    expect(connectionsUsed()).toEqual([1, 2]);
    client.close();
  });

  test("resolves a name once, however many are opened at the same time", async () => {
    let asked = 0;
    const client = createTestOutbound({
      resolve: async (host) => {
        asked += 1;
        return resolveToLoopback(host);
      },
    });
    const url = `http://name.example:${receiver.port}/`;
    await Promise.all(Array.from({ length: 20 }, () => client.send({ url })));
    expect([asked, receiver.connections()]).toEqual([1, 20]);
    client.close();
  });
});

describe("a kept-alive connection that the receiver closes under a request", () => {
  test("is replaced by a fresh one immediately, together with its idle siblings", async () => {
    const client = createTestOutbound();
    await Promise.all([1, 2, 3].map(() => client.send({ url: receiver.url })));
    receiver.answerWith((_, index) => (index === 3 ? { reset: true } : {}));
    expect(inShort(await client.send({ url: receiver.url }))).toBe("200");
    expect(receiver.requests).toHaveLength(5);
    expect(receiver.requests[4]?.connection).toBe(4);
    await receiver.waitForOpenConnections(1);
    client.close();
  });

  test("is replaced once only", async () => {
    const client = createTestOutbound();
    await client.send({ url: receiver.url });
    receiver.answerWith({ reset: true });
    expect(await client.send({ url: receiver.url })).toMatchObject({
      code: "connection_lost",
      retryable: true,
    });
    expect(receiver.requests).toHaveLength(3);
    client.close();
  });

  test("is not replaced if a response had begun", async () => {
    const client = createTestOutbound();
    await client.send({ url: receiver.url });
    receiver.answerWith({ raw: "HTTP/1.1 200 OK\r\nContent-Le" });
    expect(await client.send({ url: receiver.url })).toMatchObject({ code: "connection_lost" });
    expect(receiver.requests).toHaveLength(2);
    client.close();
  });

  test("costs nothing if it was closed before the request began", async () => {
    const client = createTestOutbound();
    await client.send({ url: receiver.url });
    await receiver.dropConnections();
    expect(inShort(await client.send({ url: receiver.url }))).toBe("200");
    client.close();
  });

  const CLOSING: Readonly<Record<string, string>> = {
    "that announces the end":
      "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 4\r\n\r\nslow",
    "of HTTP/1.0": "HTTP/1.0 408 Request Time-out\r\nCache-Control: no-cache\r\n\r\n<p>slow</p>",
    "without a length": "HTTP/1.1 408 Request Timeout\r\n\r\nslow",
  };
  for (const [kind, raw] of Object.entries(CLOSING)) {
    test(`is replaced if a 408 ${kind} came before the end`, async () => {
      const client = createTestOutbound();
      await Promise.all([1, 2].map(() => client.send({ url: receiver.url })));
      receiver.answerWith((_, index) => (index === 2 ? { raw } : { body: "taken" }));
      expect(inShort(await client.send({ url: receiver.url }))).toBe("200 taken");
      expect(connectionsUsed().slice(2)).toEqual([2, 3]);
      client.close();
    });
  }

  test("by a 408 is replaced once only", async () => {
    const client = createTestOutbound();
    await client.send({ url: receiver.url });
    receiver.answerWith({ status: 408, headers: { connection: "close" }, body: "slow" });
    expect(inShort(await client.send({ url: receiver.url }))).toBe("408 slow");
    expect(connectionsUsed()).toEqual([1, 1, 2]);
    client.close();
  });
});

describe("a response 408", () => {
  test("on a new connection is the response", async () => {
    const client = createTestOutbound();
    receiver.answerWith({ status: 408, headers: { connection: "close" } });
    expect(inShort(await client.send({ url: receiver.url }))).toBe("408");
    expect(receiver.requests).toHaveLength(1);
    client.close();
  });

  test("on a connection that stays open is the response", async () => {
    const client = createTestOutbound();
    await client.send({ url: receiver.url });
    receiver.answerWith({ status: 408, body: "slow" });
    expect(inShort(await client.send({ url: receiver.url }))).toBe("408 slow");
    expect(connectionsUsed()).toEqual([1, 1]);
    client.close();
  });
});
