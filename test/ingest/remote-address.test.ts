import { expect, test } from "bun:test";
import fc from "fast-check";
import { createRemoteAddressReader } from "../../src/ingest/remote-address.ts";
import { createCidrList, parseAddress } from "../../src/lib/cidr.ts";
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

test("without trusted proxies it is the peer, whatever the header says", () => {
  expect(read({ trusted: [], peer: "203.0.113.9", forwarded: "198.51.100.1" })).toBe("203.0.113.9");
});

test("a peer that is not a trusted proxy is not believed", () => {
  expect(read({ peer: "203.0.113.9", forwarded: "198.51.100.1" })).toBe("203.0.113.9");
});

test("a trusted proxy is believed for the address it appended, not for what the sender wrote", () => {
  expect(read({ peer: "10.0.0.1", forwarded: "198.51.100.1" })).toBe("198.51.100.1");
  expect(read({ peer: "10.0.0.1", forwarded: "1.1.1.1, 198.51.100.1" })).toBe("198.51.100.1");
  expect(read({ peer: "10.0.0.1", forwarded: "10.9.9.9, 198.51.100.1" })).toBe("198.51.100.1");
});

test("a chain of trusted proxies is followed to the first address that is not one", () => {
  expect(read({ peer: "10.0.0.1", forwarded: "1.1.1.1, 198.51.100.1, 10.0.0.2" })).toBe("198.51.100.1");
  expect(read({ peer: "10.0.0.1", forwarded: "10.0.0.3 ,10.0.0.2" })).toBe("10.0.0.3");
});

test("an invalid element gives no address, and never the proxy that wrote it", () => {
  const unreadable = [
    "",
    ",",
    "unknown",
    "_hidden",
    "198.51.100.1, ???",
    "198.51.100.1,",
    "198.51.100.1, unix:",
  ];
  const halfRead = [
    "198.51.100.1:",
    "198.51.100.1:123456",
    "198.51.100.1:x",
    "[2001:db8::1",
    "2001:db8::1]",
    "[]",
  ];
  const noAddress = ["010.0.0.9", "0x0a.0.0.9", "10.9", "host.example:80", '"', '""', "[]:80", "%eth0"];
  for (const forwarded of [...unreadable, ...halfRead, ...noAddress, `${"9".repeat(500)}`]) {
    expect([forwarded, read({ peer: "10.0.0.1", forwarded })]).toEqual([forwarded, ""]);
  }
});

test("the address is read in each form that proxies write", () => {
  const forms: Record<string, string> = {
    "198.51.100.1:51234": "198.51.100.1",
    '"198.51.100.1:443"': "198.51.100.1",
    " 198.51.100.1 ": "198.51.100.1",
    "[2a00::1]": "2a00::1",
    "[2a00::1]:443": "2a00::1",
    '"[2a00::1]:443"': "2a00::1",
    "2A00:0:0::0001": "2a00::1",
    "fe80::1%eth0": "fe80::1",
    "[fe80::1%25eth0]:80": "fe80::1",
    "::ffff:198.51.100.1": "198.51.100.1",
    "::ffff:c633:6401": "198.51.100.1",
    "[::ffff:198.51.100.1]:443": "198.51.100.1",
    "192.0.2.66, 198.51.100.1:1, 10.0.0.2:80, [2001:db8::9]:443": "198.51.100.1",
  };
  for (const [forwarded, address] of Object.entries(forms)) {
    expect([forwarded, read({ peer: "10.0.0.1", forwarded })]).toEqual([forwarded, address]);
  }
});

test("a port and brackets do not change the address", () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((text) => parseAddress(text) !== null),
  );
  fc.assert(
    fc.property(address, fc.nat(65_535), fc.boolean(), (text, port, isQuoted) => {
      const own = parseAddress(text)?.toString() ?? "";
      const withPort = text.includes(":") ? `[${text}]:${port}` : `${text}:${port}`;
      const forwarded = `192.0.2.66, ${isQuoted ? `"${withPort}"` : withPort}`;
      const expected = createCidrList(PROXIES).includes(own) ? "192.0.2.66" : own;
      expect(read({ peer: "10.0.0.1", forwarded })).toBe(expected);
    }),
  );
});

test("any header gives a valid address or none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary-ascii", maxLength: 80 }), (text) => {
      const forwarded = text.replaceAll(/[^\x20-\x7e]/g, "");
      const address = read({ peer: "10.0.0.1", forwarded });
      expect(address === "" || parseAddress(address) !== null).toBe(true);
    }),
  );
});

test("IPv6 is supported, including mapped IPv4", () => {
  expect(read({ peer: "::ffff:203.0.113.9" })).toBe("203.0.113.9");
  expect(read({ peer: "::ffff:10.0.0.1", forwarded: "::ffff:198.51.100.1" })).toBe("198.51.100.1");
  expect(read({ peer: "2001:db8::1", forwarded: "2a00::1" })).toBe("2a00::1");
});

test("a request without a connection has none", () => {
  expect(read({ peer: null })).toBe("");
});

test("the event stores the address reported by a trusted proxy, over real connections", async () => {
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

test("an allowed proxy lets no stranger in, in whatever form it writes the address", async () => {
  const settings = { allowed_networks: ["127.0.0.1", "198.51.100.0/24"] };
  const ingest = startIngest({ trustedProxies: ["127.0.0.1"] });
  ingest.setRoute({ settings });
  const statusFrom = async (forwarded: string) =>
    (await ingest.post("", { headers: { "x-forwarded-for": forwarded } })).status;
  for (const stranger of [
    "203.0.113.9:51234",
    "[2001:db8::1]:443",
    "unknown",
    "_x",
    ",",
    "203.0.113.9, ???",
  ]) {
    expect([stranger, await statusFrom(stranger)]).toEqual([stranger, 403]);
  }
  for (const friend of ["198.51.100.7", "198.51.100.7:4000", "203.0.113.9, 198.51.100.7:1"]) {
    expect([friend, await statusFrom(friend)]).toEqual([friend, 200]);
  }
  expect(ingest.stored.map(({ remoteAddress }) => remoteAddress)).toEqual(Array(3).fill("198.51.100.7"));
  await ingest.stop();
});
