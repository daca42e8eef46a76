import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Resolve, ResolvedAddress } from "../../src/outbound/resolve.ts";
import { createTestOutbound, inShort } from "../support/outbound.ts";
import { type Receiver, startReceiver } from "../support/receiver.ts";

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

/** PORT is replaced by a port on which loopback listens. */
const HOSTILE_URLS = [
  "http://127.0.0.1:PORT/",
  "http://127.0.0.1.:PORT/",
  "http://127.1:PORT/",
  "http://127.0.1:PORT/",
  "http://0:PORT/",
  "http://0.0.0.0:PORT/",
  "http://2130706433:PORT/",
  "http://0x7f000001:PORT/",
  "http://0x7f.1:PORT/",
  "http://0x7F.0x0.0x0.0x1:PORT/",
  "http://0177.0.0.1:PORT/",
  "http://017700000001:PORT/",
  "http://0177.1:PORT/",
  "http://127.0.0.1%2e:PORT/",
  "http://%31%32%37.0.0.1:PORT/",
  "http://127。0。0。1:PORT/",
  "http://①②⑦.0.0.1:PORT/",
  "http://127.127.127.127:PORT/",
  "http:127.0.0.1:PORT/",
  "http:\\\\127.0.0.1:PORT\\",
  "http:///127.0.0.1:PORT/",
  " http://127.0.0.1:PORT/ ",
  "ht\ntp://127.0.0.1:PORT/",
  "http://127.0.0.1\t:PORT/",
  "http://user:password@127.0.0.1:PORT/",
  "http://example.com@127.0.0.1:PORT/",
  "http://127.0.0.1:PORT#@example.com/",
  "http://127.0.0.1:PORT?@example.com/",
  "http://[::1]:PORT/",
  "http://[::]:PORT/",
  "http://[0:0:0:0:0:0:0:1]:PORT/",
  "http://[::ffff:127.0.0.1]:PORT/",
  "http://[::ffff:7f00:1]:PORT/",
  "http://[::127.0.0.1]:PORT/",
  "http://[::ffff:0:127.0.0.1]:PORT/",
  "http://[64:ff9b::7f00:1]:PORT/",
  "http://[2002:7f00:1::]:PORT/",
  "http://[fe80::1]:PORT/",
  "http://[fe80::1%25lo]:PORT/",
  "http://[fd00::1]:PORT/",
  "http://10.0.0.1/",
  "http://172.16.0.1/",
  "http://192.168.0.1/",
  "http://100.64.0.1/",
  "http://169.254.169.254/latest/meta-data/",
  "http://2852039166/latest/meta-data/",
  "http://0xA9FEA9FE/",
  "http://0251.0376.0251.0376/",
  "http://[::ffff:a9fe:a9fe]/",
  "http://[fd00:ec2::254]/latest/meta-data/",
  "http://169.254.170.2/v2/credentials",
  "http://100.100.100.200/latest/meta-data/",
  "http://168.63.129.16/machine",
  "http://255.255.255.255/",
  "http://224.0.0.1/",
  "http://198.18.0.1/",
  "https://127.0.0.1:PORT/",
  "https://[::1]:PORT/",
  "http://93.184.216.34:0/",
  "ftp://127.0.0.1:PORT/",
  "file:///etc/passwd",
  "gopher://127.0.0.1:PORT/_x",
  "ws://127.0.0.1:PORT/",
  "data:text/plain,x",
  "javascript:alert(1)",
  "unix:/run/docker.sock",
  "//127.0.0.1:PORT/",
  "127.0.0.1:PORT",
  "http://",
  "http://127.0.0.1:99999/",
  "http://256.256.256.256/",
  "",
];

/** Addresses that a resolver may return for a name that looks harmless. */
const HOSTILE_ANSWERS: [what: string, answer: readonly ResolvedAddress[] | Error][] = [
  ["loopback", [v4("127.0.0.1")]],
  ["another loopback address", [v4("127.8.8.8")]],
  ["the unspecified address", [v4("0.0.0.0")]],
  ["a private address", [v4("10.0.0.1")]],
  ["the metadata address", [v4("169.254.169.254")]],
  ["a public and a loopback address", [v4("93.184.216.34"), v4("127.0.0.1")]],
  ["a loopback and a public address", [v4("127.0.0.1"), v4("93.184.216.34")]],
  ["a public IPv4 and a loopback IPv6 address", [v4("93.184.216.34"), v6("::1")]],
  ["IPv6 loopback", [v6("::1")]],
  ["IPv4-mapped loopback", [v6("::ffff:127.0.0.1")]],
  ["IPv4-mapped loopback in hexadecimal", [v6("::ffff:7f00:1")]],
  ["IPv4-compatible loopback", [v6("::127.0.0.1")]],
  ["translated loopback", [v6("64:ff9b::7f00:1")]],
  ["6to4 of loopback", [v6("2002:7f00:1::")]],
  ["a link-local address with a zone", [v6("fe80::1%lo")]],
  ["a unique local address", [v6("fd00::1")]],
  ["IPv4 under the wrong family", [{ address: "127.0.0.1", family: 6 }]],
  ["an octal spelling", [v4("0177.0.0.1")]],
  ["a short spelling", [v4("127.1")]],
  ["another name", [v4("localhost")]],
  ["an empty text", [v4("")]],
  ["nothing", []],
  ["an error", new Error("SERVFAIL")],
];

function v4(address: string): ResolvedAddress {
  return { address, family: 4 };
}
function v6(address: string): ResolvedAddress {
  return { address, family: 6 };
}

describe("with the prod default of no allowed networks", () => {
  for (const url of HOSTILE_URLS) {
    test(`${JSON.stringify(url)} is refused before anything is connected`, async () => {
      // Any name that gets as far as being resolved leads to loopback.
      const client = createTestOutbound({ allowedCidrs: [] });
      const result = await client.send({ url: url.replace("PORT", String(receiver.port)) });
      client.close();
      expect(["forbidden_address", "invalid_url"]).toContain(inShort(result).split(":")[0] ?? "");
      expect(receiver.connections()).toBe(0);
    });
  }

  for (const [what, answer] of HOSTILE_ANSWERS) {
    test(`a name that resolves to ${what} is refused before anything is connected`, async () => {
      const resolve: Resolve = async () => {
        if (answer instanceof Error) throw answer;
        return answer;
      };
      const client = createTestOutbound({ allowedCidrs: [], resolve });
      const result = await client.send({ url: `http://harmless.example:${receiver.port}/` });
      client.close();
      expect(["forbidden_address", "name_not_resolved"]).toContain(inShort(result).split(":")[0] ?? "");
      expect(receiver.connections()).toBe(0);
    });
  }
});

describe("a name whose addresses change", () => {
  test("is connected to at the address that was checked, not at one resolved later", async () => {
    const forbidden = await startReceiver({ host: "127.0.0.2" });
    const allowed = await startReceiver({ port: forbidden.port });
    let asked = 0;
    const client = createTestOutbound({
      allowedCidrs: ["127.0.0.1/32"],
      resolve: async () => {
        asked += 1;
        return [v4(asked === 1 ? "127.0.0.1" : "127.0.0.2")];
      },
    });
    const url = `http://rebound.example:${forbidden.port}/`;
    expect(inShort(await client.send({ url }))).toBe("200");
    expect(asked).toBe(1);

    // A new connection is checked again.
    await allowed.dropConnections();
    expect(inShort(await client.send({ url }))).toBe(
      "forbidden_address: rebound.example: address 127.0.0.2 is a loopback address: list it in ALLOWED_TARGET_CIDRS to allow it",
    );
    expect(forbidden.connections()).toBe(0);
    client.close();
    await Promise.all([allowed.close(), forbidden.close()]);
  });

  test("can succeed later, as can a forbidden address in the URL: the operator can allow it", async () => {
    const client = createTestOutbound({ allowedCidrs: [] });
    expect(await client.send({ url: "http://name.example/" })).toMatchObject({ retryable: true });
    expect(await client.send({ url: "http://10.0.0.1/" })).toMatchObject({ retryable: true });
    client.close();
  });
});
