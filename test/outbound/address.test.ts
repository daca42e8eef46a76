import { describe, expect, test } from "bun:test";
import { createAddressRules } from "../../src/outbound/address.ts";

const DEV = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "::1/128"];

describe("with nothing allowed", () => {
  const rules = createAddressRules([]);
  const open = [
    "1.1.1.1",
    "93.184.216.34",
    "172.15.255.255",
    "172.32.0.1",
    "::ffff:1.1.1.1",
    "2606:4700:4700::1111",
    "2a00:1450::1",
    // DNS64 networks reach the public IPv4 internet through this prefix.
    "64:ff9b::101:101",
  ];
  for (const address of open) {
    test(`the public address ${address} may be reached`, () => expect(rules.refusal(address)).toBeNull());
  }

  const refused: [address: string, word: string][] = [
    ["10.0.0.1", "is private"],
    ["172.16.0.1", "is private"],
    ["172.31.255.255", "is private"],
    ["192.168.1.1", "is private"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["100.64.0.1", "carriers"],
    ["169.254.1.1", "link-local"],
    ["192.0.0.1", "not a public"],
    ["192.0.2.1", "not a public"],
    ["198.18.0.1", "not a public"],
    ["198.51.100.1", "not a public"],
    ["203.0.113.1", "not a public"],
    ["192.88.99.1", "not a public"],
    ["224.0.0.1", "multicast"],
    ["240.0.0.1", "not a public"],
    ["255.255.255.255", "broadcast"],
    ["::1", "loopback"],
    ["::", "unspecified"],
    ["fc00::1", "is private"],
    ["fd12:3456::1", "is private"],
    ["fe80::1", "link-local"],
    ["fec0::1", "not a public"],
    ["ff02::1", "multicast"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:a00:1", "is private"],
    ["::127.0.0.1", "not an address"],
    ["::7f00:1", "not a public"],
    ["::ffff:0:127.0.0.1", "not a public"],
    ["64:ff9b::7f00:1", "loopback"],
    ["64:ff9b::a00:1", "is private"],
    ["64:ff9b:1::1", "not a public"],
    ["2002:7f00:1::", "not a public"],
    ["2001:0:4136:e378:8000:63bf:3fff:fdd2", "not a public"],
    ["2001:db8::1", "not a public"],
    ["3fff::1", "not a public"],
    ["2001:2::1", "not a public"],
    ["2001:10::1", "not a public"],
    ["100::1", "not a public"],
    ["4000::1", "not a public"],
    ["5f00::1", "not a public"],
    ["fe80::1%lo", "not an address"],
    ["localhost", "not an address"],
    ["", "not an address"],
  ];
  for (const [address, word] of refused) {
    test(`${address || "an empty address"} is refused: ${word}`, () => {
      expect(rules.refusal(address)).toContain(word);
    });
  }
});

describe("an address in the allow list", () => {
  test("may be reached, and so may its IPv4-mapped and translated forms", () => {
    const rules = createAddressRules(DEV);
    for (const address of ["127.0.0.1", "10.9.8.7", "::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::a00:1"]) {
      expect([address, rules.refusal(address)]).toEqual([address, null]);
    }
    expect(rules.refusal("169.254.1.1")).toContain("link-local");
  });

  test("is named with the variable that would allow it, if it is missing", () => {
    expect(createAddressRules([]).refusal("10.0.0.1")).toBe(
      "address 10.0.0.1 is private: list it in ALLOWED_TARGET_CIDRS to allow it",
    );
  });
});

describe("an address of a cloud's metadata service", () => {
  const addresses = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "100.100.100.200",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
  ];
  const broad = createAddressRules(["0.0.0.0/0", "::/0", "169.254.169.254/31"]);
  for (const address of addresses) {
    test(`${address} is not allowed by a network that contains it`, () => {
      expect(broad.refusal(address)).toContain("cloud metadata");
    });
  }

  for (const address of addresses) {
    test(`${address} is allowed by the entry that its refusal names`, () => {
      const [, entry = ""] = /as (\S+) to allow it$/.exec(broad.refusal(address) ?? "") ?? [];
      expect(createAddressRules([entry]).refusal(address)).toBeNull();
    });
  }

  test("is allowed by an entry of its own", () => {
    const rules = createAddressRules(["169.254.169.254/32", "fd00:ec2::254"]);
    expect(rules.refusal("169.254.169.254")).toBeNull();
    expect(rules.refusal("fd00:ec2::254")).toBeNull();
    expect(rules.refusal("169.254.170.2")).toContain("169.254.170.2/32");
  });
});
