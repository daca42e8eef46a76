import { describe, expect, test } from "bun:test";
import { createCidrList, parseAddress, parseCidr } from "../../src/lib/cidr.ts";

describe("a network in CIDR form", () => {
  for (const text of [
    "10.0.0.0/8",
    "10.1.2.3/8",
    "0.0.0.0/0",
    "fc00::/7",
    "::1",
    "127.0.0.1",
    " 10.0.0.0/8 ",
  ]) {
    test(`${JSON.stringify(text)} is taken`, () => expect(parseCidr(text)).not.toBeNull());
  }
  const faulty = [
    "",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "0x0a.0.0.0/8",
    "010.0.0.0/8",
    "167772160/8",
    "fc00::/129",
    "::ffff:10.0.0.0/95",
    "fe80::1%eth0/64",
    "localhost",
    "10.0.0.0/a",
  ];
  for (const text of faulty) {
    test(`${JSON.stringify(text)} is not taken`, () => expect(parseCidr(text)).toBeNull());
  }

  test("an IPv4-mapped network is the IPv4 network it carries", () => {
    const list = createCidrList(["::ffff:10.0.0.0/104"]);
    expect(list.includes("10.255.0.1")).toBe(true);
    expect(list.includes("11.0.0.1")).toBe(false);
  });
});

describe("a list of networks", () => {
  const list = createCidrList(["10.0.0.0/8", "192.168.1.7", "fc00::/7", "2001:db8::1/128"]);

  test("includes addresses in one of them, including the first and the last", () => {
    for (const inside of ["10.0.0.0", "10.255.255.255", "192.168.1.7", "fdff::1", "2001:db8::1"]) {
      expect([inside, list.includes(inside)]).toEqual([inside, true]);
    }
    for (const outside of [
      "9.255.255.255",
      "11.0.0.0",
      "192.168.1.8",
      "fe00::1",
      "2001:db8::2",
      "nonsense",
      "",
    ]) {
      expect([outside, list.includes(outside)]).toEqual([outside, false]);
    }
  });

  test("takes an IPv4-mapped address for the IPv4 address it carries", () => {
    expect(list.includes("::ffff:10.1.2.3")).toBe(true);
    expect(list.includes("::ffff:0a01:0203")).toBe(true);
    expect(list.includes("::ffff:11.1.2.3")).toBe(false);
  });

  test("distinguishes an address listed by itself from one inside a network", () => {
    expect(list.includesExactly("192.168.1.7")).toBe(true);
    expect(list.includesExactly("2001:db8::1")).toBe(true);
    expect(list.includesExactly("10.0.0.0")).toBe(false);
  });

  test("is not created from text that is no network", () => {
    expect(() => createCidrList(["10.0.0.0/8", "x"])).toThrow("not a network");
  });
});

test("an address is four decimal parts or IPv6, never one of IPv4's other spellings", () => {
  expect(parseAddress("127.0.0.1")?.toString()).toBe("127.0.0.1");
  expect(parseAddress("::ffff:7f00:1")?.toString()).toBe("127.0.0.1");
  for (const odd of ["127.1", "0177.0.0.1", "0x7f000001", "2130706433", "127.0.0.1 ", "[::1]"]) {
    expect([odd, parseAddress(odd)]).toEqual([odd, null]);
  }
});
