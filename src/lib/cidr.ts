/** Lists of networks in CIDR form, and whether an address is in one of them. */
import ipaddr from "ipaddr.js";

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

export type Cidr = Readonly<{ address: IpAddress; prefix: number }>;

export type CidrList = Readonly<{
  /** False for a text that is no address. IPv4-mapped IPv6 addresses count as the IPv4 they carry. */
  includes: (address: string | IpAddress) => boolean;
  /** True only if the address stands in the list by itself, as /32 or /128. */
  includesExactly: (address: string | IpAddress) => boolean;
}>;

/** Four decimal parts or IPv6, nothing else; null where it is neither. A zone ("%eth0") is no part of an address here. */
export function parseAddress(text: string): IpAddress | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!ipaddr.IPv6.isValid(text) || text.includes("%")) return null;
  // ipaddr.js reads ::1.2.3.4, which is another address, as the IPv4-mapped one.
  if (/^::\d+\./.test(text)) return null;
  return unmapped(ipaddr.IPv6.parse(text));
}

/** A network such as 10.0.0.0/8 or fc00::/7; an address alone is a network of one. Null where it is neither. */
export function parseCidr(text: string): Cidr | null {
  const [addressText = "", prefixText, ...rest] = text.trim().split("/");
  if (rest.length > 0) return null;
  const address = parseAddress(addressText);
  if (address === null) return null;
  const width = address.kind() === "ipv4" ? 32 : 128;
  if (prefixText === undefined) return { address, prefix: width };
  if (!/^\d{1,3}$/.test(prefixText)) return null;
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8: the mapping takes the first 96 bits.
  const prefix = Number(prefixText) - (width === 32 && addressText.includes(":") ? 96 : 0);
  return prefix >= 0 && prefix <= width ? { address, prefix } : null;
}

/** The first address of a network. It differs from the CIDR's address if that has bits beyond the prefix. */
export function networkAddress({ address, prefix }: Cidr): IpAddress {
  const text = `${address}/${prefix}`;
  return address.kind() === "ipv4"
    ? ipaddr.IPv4.networkAddressFromCIDR(text)
    : ipaddr.IPv6.networkAddressFromCIDR(text);
}

/** Throws on a text that `parseCidr` does not take: check lists where they are read. */
export function createCidrList(texts: readonly string[]): CidrList {
  const cidrs = texts.map((text) => {
    const cidr = parseCidr(text);
    if (cidr === null) throw new Error(`not a network in CIDR form: ${JSON.stringify(text)}`);
    return cidr;
  });
  function some(address: string | IpAddress, test: (cidr: Cidr) => boolean): boolean {
    const ip = typeof address === "string" ? parseAddress(address) : unmapped(address);
    return ip !== null && cidrs.some((cidr) => test(cidr) && contains(cidr, ip));
  }
  return {
    includes: (address) => some(address, () => true),
    includesExactly: (address) => some(address, isSingleAddress),
  };
}

function contains({ address, prefix }: Cidr, ip: IpAddress): boolean {
  return address.kind() === ip.kind() && ip.match(address, prefix);
}

function isSingleAddress({ address, prefix }: Cidr): boolean {
  return prefix === (address.kind() === "ipv4" ? 32 : 128);
}

function unmapped(ip: IpAddress): IpAddress {
  return ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress() ? ip.toIPv4Address() : ip;
}
