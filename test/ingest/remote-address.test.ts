import { expect, test } from "bun:test";
import { createRemoteAddressReader } from "../../src/ingest/remote-address.ts";
import { startIngest } from "./ingest-server.ts";

const PROXIES = ["10.0.0.0/8", "2001:db8::/32"];

function read(options: { trusted?: readonly string[]; peer: string | null; forwarded?: string }): string {
  const { trusted = PROXIES, peer, forwarded } = options;
  const headers: Record<string, string> = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  const request = new Request("http://localhost/", { headers });
  return createRemoteAddressReader(trusted)(request, {
    requestIP: () => (peer === null ? null : { address: peer }),
  });
}

test("without trusted proxies it is the peer, whatever a header says", () => {
  expect(read({ trusted: [], peer: "203.0.113.9", forwarded: "198.51.100.1" })).toBe("203.0.113.9");
});

test("a peer that is no trusted proxy is not believed", () => {
  expect(read({ peer: "203.0.113.9", forwarded: "198.51.100.1" })).toBe("203.0.113.9");
});

test("a trusted proxy is believed for the address it appended, not for what the sender wrote", () => {
  expect(read({ peer: "10.0.0.1", forwarded: "198.51.100.1" })).toBe("198.51.100.1");
  expect(read({ peer: "10.0.0.1", forwarded: "1.1.1.1, 198.51.100.1" })).toBe("198.51.100.1");
  expect(read({ peer: "10.0.0.1", forwarded: "10.9.9.9, 198.51.100.1" })).toBe("198.51.100.1");
});

test("a chain of trusted proxies is walked to the first that is not", () => {
  expect(read({ peer: "10.0.0.1", forwarded: "1.1.1.1, 198.51.100.1, 10.0.0.2" })).toBe("198.51.100.1");
  expect(read({ peer: "10.0.0.1", forwarded: "10.0.0.3 ,10.0.0.2" })).toBe("10.0.0.3");
});

test("what is no address ends the walk", () => {
  for (const forwarded of ["", ",", "unknown", "198.51.100.1, ???", "198.51.100.1, 10.0.0.2:80", "_hidden"]) {
    expect(read({ peer: "10.0.0.1", forwarded })).toBe("10.0.0.1");
  }
});

test("IPv6 is understood, also where it carries IPv4", () => {
  expect(read({ peer: "::ffff:203.0.113.9" })).toBe("203.0.113.9");
  expect(read({ peer: "::ffff:10.0.0.1", forwarded: "::ffff:198.51.100.1" })).toBe("198.51.100.1");
  expect(read({ peer: "2001:db8::1", forwarded: "2a00::1" })).toBe("2a00::1");
});

test("a request without a connection has none", () => {
  expect(read({ peer: null })).toBe("");
});

test("the event keeps what a trusted proxy says, over real connections", async () => {
  for (const [trustedProxies, expected] of [
    [["127.0.0.1/32"], "198.51.100.1"],
    [["10.0.0.0/8"], "127.0.0.1"],
  ] as const) {
    const ingest = startIngest({ trustedProxies });
    await ingest.post("", { headers: { "x-forwarded-for": "192.0.2.66, 198.51.100.1" } });
    expect(ingest.stored[0]?.remoteAddress).toBe(expected);
    await ingest.stop();
  }
});
