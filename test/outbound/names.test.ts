/**
 * Names that do not resolve, or resolve to too many addresses: each request ends in time, and the next one resolves
 * again.
 */
import { afterEach, beforeEach, expect, test } from "bun:test";
import type { Resolve, ResolvedAddress } from "../../src/outbound/resolve.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestOutbound, inShort, resolveToLoopback } from "../support/outbound.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const url = () => `http://name.example:${receiver.port}/`;
const v4 = (address: string): ResolvedAddress => ({ address, family: 4 });

test("a name without a DNS response ends a request in time, and the next one resolves again", async () => {
  const clock = createFakeClock();
  let isSilent = true;
  let asked = 0;
  const resolve: Resolve = (host) => {
    asked++;
    return isSilent ? new Promise(() => {}) : resolveToLoopback(host);
  };
  const client = createTestOutbound({ clock, resolve });
  const first = client.send({ url: url(), connectTimeoutMs: 10_000 });
  const second = client.send({ url: url(), connectTimeoutMs: 10_000 });
  clock.advance(10_200);
  for (const result of [first, second]) expect(inShort(await result)).toStartWith("connect_timeout");
  expect(asked).toBe(1);
  isSilent = false;
  expect(inShort(await client.send({ url: url() }))).toBe("200");
  expect(asked).toBe(2);
  client.close();
});

for (const [code, word] of [
  ["ENOTFOUND", "does not resolve"],
  ["EAI_AGAIN", "right now"],
] as const) {
  test(`a name that fails with ${code} is retried later, and succeeds once it resolves`, async () => {
    let fails = true;
    const client = createTestOutbound({
      async resolve(host) {
        if (fails) throw Object.assign(new Error(code), { code });
        return resolveToLoopback(host);
      },
    });
    const result = await client.send({ url: url() });
    expect(result).toMatchObject({ code: "name_not_resolved", retryable: true });
    expect(inShort(result)).toContain(word);
    fails = false;
    expect(inShort(await client.send({ url: url() }))).toBe("200");
    client.close();
  });
}

test("changed addresses of a name are used for each new connection", async () => {
  const other = await startReceiver({ host: "127.0.0.2", port: receiver.port });
  let address = "127.0.0.1";
  const client = createTestOutbound({ resolve: async () => [v4(address)] });
  expect(inShort(await client.send({ url: url() }))).toBe("200");
  address = "127.0.0.2";
  await receiver.dropConnections();
  expect(inShort(await client.send({ url: url() }))).toBe("200");
  expect([receiver.requests.length, other.requests.length]).toEqual([1, 1]);
  client.close();
  await other.close();
});

test("of hundreds of addresses each is tried until one responds, and all are checked before", async () => {
  const many = Array.from({ length: 300 }, (_, index) => v4(`127.1.${index >> 8}.${index & 255}`));
  const client = createTestOutbound({ resolve: async () => [...many, v4("127.0.0.1")] });
  expect(inShort(await client.send({ url: url() }))).toBe("200");
  client.close();
  const careful = createTestOutbound({ resolve: async () => [v4("127.0.0.1"), ...many, v4("10.0.0.1")] });
  expect(inShort(await careful.send({ url: url() }))).toStartWith("forbidden_address");
  expect(receiver.connections()).toBe(1);
  careful.close();
});
