import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { OutboundRequest, OutboundResult } from "../../src/outbound/outbound.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { createTestOutbound, inShort, type TestOutbound } from "../support/outbound.ts";
import { startWire, type Wire, type WireConnection } from "../support/wire.ts";

/** Limits take effect at the next sweep. */
const SWEEP_MS = 100;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/** Larger than the buffers of a connection whose receiver does not read. */
const BODY = new Uint8Array(20_000_000).map((_, at) => at % 251);

let clock: FakeClock;
let client: TestOutbound;
let wire: Wire;
beforeEach(async () => {
  clock = createFakeClock();
  client = createTestOutbound({ clock });
  wire = await startWire();
});
afterEach(() => {
  client.close();
  wire.stop();
});

/** Sends a request to a receiver that responds with success and does not read the body yet. */
async function acceptUnread(
  request: Partial<OutboundRequest> = {},
): Promise<{ connection: WireConnection; result: Promise<OutboundResult> }> {
  const result = client.send({ url: wire.url, body: BODY, ...request });
  const connection = await wire.asked("HTTP/1.1\r\n");
  connection.pause();
  await connection.send(OK);
  // The other response comes later, so its end shows that the first one has arrived.
  const other = client.send({ url: wire.url });
  await (await wire.asked("body")).send(OK);
  expect(inShort(await other)).toBe("200 ok");
  return { connection, result };
}

describe("a receiver that responds with success before it reads the body", () => {
  test("gets the whole body, and its connection is reused", async () => {
    const { connection, result } = await acceptUnread();
    connection.resume();
    await Promise.race([connection.received(BODY.byteLength), connection.closed]);
    expect(Bun.hash(connection.body())).toBe(Bun.hash(BODY));
    expect(inShort(await result)).toBe("200 ok");
    const again = client.send({ url: wire.url });
    await Promise.race([connection.askedAgain("body"), connection.closed]);
    await connection.send(OK);
    expect(inShort(await again)).toBe("200 ok");
  });

  test("has accepted the request if it closes the connection", async () => {
    const { connection, result } = await acceptUnread();
    connection.reset();
    expect(inShort(await result)).toBe("200 ok");
  });

  test("has accepted the request if it reads nothing for five seconds", async () => {
    const { connection, result } = await acceptUnread();
    clock.advance(4_900);
    clock.advance(2 * SWEEP_MS);
    expect(inShort(await result)).toBe("200 ok");
    connection.resume();
    await connection.closed;
  });

  test("gets the request again if it has not read the body in time", async () => {
    const { result } = await acceptUnread({ timeoutMs: 4_000 });
    clock.advance(4_000 + SWEEP_MS);
    expect(await result).toMatchObject({
      kind: "failed",
      code: "timeout",
      retryable: true,
      message: expect.stringMatching(
        /^127\.0\.0\.1:\d+ responded, but did not read the whole request within 4 s$/,
      ),
    });
  });

  test("gets the request again if the gateway stops meanwhile", async () => {
    const controller = new AbortController();
    const { result } = await acceptUnread({ signal: controller.signal });
    controller.abort();
    expect(await result).toMatchObject({ kind: "failed", code: "aborted", retryable: true });
  });
});
