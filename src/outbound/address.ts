/** Decides which addresses the gateway may connect to: public ones, and those the operator allows explicitly. */
import ipaddr from "ipaddr.js";
import { createCidrList, type IpAddress, parseAddress } from "../lib/cidr.ts";

export type AddressRules = Readonly<{
  /** Reason for people why connecting to the address is refused; null if it is allowed. */
  refusal: (address: string) => string | null;
}>;

/**
 * Addresses that hand out the machine's credentials to anyone who asks. A broad entry such as 169.254.0.0/16 does not
 * allow them. One of them, Azure's 168.63.129.16, is in a public range.
 */
const METADATA_ADDRESSES = [
  "169.254.169.254", // AWS, Google, Azure, OpenStack, Oracle, Hetzner, DigitalOcean
  "169.254.169.253", // AWS: resolver
  "169.254.170.2", // AWS: credentials of ECS tasks
  "169.254.170.23", // AWS: credentials of EKS pods
  "fd00:ec2::254",
  "fd00:ec2::253",
  "fd00:ec2::23",
  "fd20:ce::254", // Google over IPv6
  "100.100.100.200", // Alibaba
  "168.63.129.16", // Azure: wire server
  "192.0.0.192", // Oracle, first generation
  "169.254.42.42", // Scaleway
  "fd00:42::42",
  "169.254.0.23", // Tencent
];

/** A translator maps 64:ff9b::/96 to the IPv4 address in the last 32 bits (RFC 6052). */
const NAT64 = ipaddr.IPv6.parse("64:ff9b::");
const GLOBAL_UNICAST = ipaddr.IPv6.parse("2000::");

const WORDS: Readonly<Record<string, string>> = {
  private: "private",
  uniqueLocal: "private",
  loopback: "a loopback address",
  linkLocal: "link-local",
  carrierGradeNat: "in the shared range of carriers",
  unspecified: "the unspecified address",
  multicast: "a multicast address",
  broadcast: "the broadcast address",
};

export function createAddressRules(allowedCidrs: readonly string[]): AddressRules {
  const allowed = createCidrList(allowedCidrs);
  const metadata = createCidrList(METADATA_ADDRESSES);

  function judge(text: string): string | null {
    const ip = parseAddress(text);
    if (ip === null) return "the name resolves to something that is not an address";
    const embedded = embeddedIpv4(ip);
    if (isMetadata(ip, embedded)) {
      const exact = `${ip.toString()}/${ip.kind() === "ipv4" ? 32 : 128}`;
      return allowed.includesExactly(ip)
        ? null
        : `address ${text} serves cloud metadata: list it in ALLOWED_TARGET_CIDRS as ${exact} to allow it`;
    }
    if (allowed.includes(ip)) return null;
    const reached = embedded ?? ip;
    if (isPublic(reached)) return null;
    if (embedded !== null && allowed.includes(embedded)) return null;
    const word = WORDS[reached.range()] ?? "not a public address";
    return `address ${text} is ${word}: list it in ALLOWED_TARGET_CIDRS to allow it`;
  }

  function isMetadata(ip: IpAddress, embedded: IpAddress | null): boolean {
    return metadata.includes(ip) || (embedded !== null && metadata.includes(embedded));
  }

  return { refusal: judge };
}

function isPublic(ip: IpAddress): boolean {
  if (ip.range() !== "unicast") return false;
  // ipaddr.js reports "unicast" for every range without a special use; only 2000::/3 is allocated (RFC 4291).
  return ip instanceof ipaddr.IPv4 || ip.match(GLOBAL_UNICAST, 3);
}

function embeddedIpv4(ip: IpAddress): IpAddress | null {
  if (!(ip instanceof ipaddr.IPv6) || !ip.match(NAT64, 96)) return null;
  return new ipaddr.IPv4(ip.toByteArray().slice(12));
}
