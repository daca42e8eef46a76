import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createTestOutbound, inShort, type TestOutbound } from "../support/outbound.ts";
import { startWire, type Wire } from "../support/wire.ts";

/** Ends the bodies of these tests. */
const ASKED = "body";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

let client: TestOutbound;
let wire: Wire;
beforeEach(async () => {
  client = createTestOutbound();
  wire = await startWire();
});
afterEach(() => {
  client.close();
  wire.stop();
});

describe("a plain response", () => {
  test("that arrives in pieces is put together", async () => {
    const result = client.send({ url: wire.url });
    const connection = await wire.asked(ASKED);
    for (const piece of [
      "HTTP/1.1 20",
      "1 Created\r\nTransfer-Enco",
      "ding: chunked\r\n\r\n2",
      "\r\nok\r\n0\r\n\r\n",
    ]) {
      await connection.send(piece);
    }
    expect(inShort(await result)).toBe("201 ok");
  });

  test("after interim responses is the one that counts", async () => {
    const result = client.send({ url: wire.url });
    await (await wire.asked(ASKED)).send(`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 x\r\nA: b\r\n\r\n${OK}`);
    expect(inShort(await result)).toBe("200 ok");
  });

  test("that ends with its connection is complete if it is closed in order, and cut if it breaks off", async () => {
    for (const [how, bodyTruncated] of [
      ["end", false],
      ["reset", true],
    ] as const) {
      const result = client.send({ url: wire.url });
      const connection = await wire.asked(ASKED);
      await connection.send("HTTP/1.1 200 OK\r\n\r\nhalf");
      connection[how]();
      expect(await result).toMatchObject({ response: { statusCode: 200, bodyTruncated } });
    }
  });

  test("shorter than its length is marked as cut", async () => {
    const result = client.send({ url: wire.url });
    const connection = await wire.asked(ASKED);
    await connection.send("HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\nhalf");
    connection.end();
    expect(await result).toMatchObject({ response: { statusCode: 202, bodyTruncated: true } });
  });

  test("with a broken chunk keeps its status, and its connection is closed", async () => {
    const result = client.send({ url: wire.url });
    const connection = await wire.asked(ASKED);
    await connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nz\r\n");
    expect(await result).toMatchObject({ response: { statusCode: 200, bodyTruncated: true } });
    await connection.closed;
  });
});

describe("a plain connection", () => {
  /** Sends one request and resolves when the client has the response. */
  async function exchange(answer: string): Promise<Awaited<ReturnType<Wire["asked"]>>> {
    const result = client.send({ url: wire.url });
    const connection = await wire.asked(ASKED);
    await connection.send(answer);
    expect(inShort(await result)).toBe("200 ok");
    return connection;
  }

  test("is reused after a complete response", async () => {
    const first = await exchange(OK);
    expect(await exchange(OK)).toBe(first);
  });

  for (const [what, answer] of [
    ["the answer says that it closes", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"],
    ["more came than was asked for", `${OK}HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n`],
    ["the answer is of HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  ] as const) {
    test(`is closed if ${what}`, async () => {
      const first = await exchange(answer);
      await first.closed;
      expect(await exchange(OK)).not.toBe(first);
    });
  }

  test("on which unrequested bytes arrive is closed: they would be taken for the next response", async () => {
    const first = await exchange(OK);
    await first.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad");
    await first.closed;
    await exchange(OK);
  });

  test("with a response before the body was sent is closed, because the rest of the body is still owed", async () => {
    const result = client.send({ url: wire.url, body: new Uint8Array(20_000_000) });
    const connection = await wire.asked("HTTP/1.1\r\n");
    connection.pause();
    await connection.send("HTTP/1.1 413 Too large\r\nContent-Length: 2\r\n\r\nno");
    expect(inShort(await result)).toBe("413 no");
    connection.resume();
    await connection.closed;
  });

  test("carries a body larger than any buffer, complete and in order", async () => {
    const body = new Uint8Array(12_000_000).map((_, at) => at % 251);
    const result = client.send({ url: wire.url, body });
    const connection = await wire.asked("HTTP/1.1\r\n");
    connection.pause();
    await connection.send("HTTP/1.1 100 Continue\r\n\r\n");
    connection.resume();
    await connection.received(body.byteLength);
    await connection.send(OK);
    expect(inShort(await result)).toBe("200 ok");
    expect(Bun.hash(connection.body())).toBe(Bun.hash(body));
  });

  test("that closes silently is replaced if it was reused, and a failure if it is new", async () => {
    const first = await exchange(OK);
    const again = client.send({ url: wire.url });
    await first.askedAgain(ASKED);
    first.end();
    await first.closed;
    const second = await wire.asked(ASKED);
    expect(second).not.toBe(first);
    second.end();
    expect(await again).toMatchObject({ code: "connection_lost", retryable: true });
  });
});
