/** Parses lists of networks in CIDR notation and matches addresses against them. */
import ipaddr from "ipaddr.js";

export type IpAddress = ipaddr.IPv4 | ipaddr.IPv6;

export type Cidr = Readonly<{ address: IpAddress; prefix: number }>;

export type CidrList = Readonly<{
  /** Returns false for text that is no address. IPv4-mapped IPv6 addresses count as the IPv4 address they carry. */
  includes: (address: string | IpAddress) => boolean;
  /** Returns true only if the address itself is listed, as /32 or /128. */
  includesExactly: (address: string | IpAddress) => boolean;
}>;

/** Parses four-part decimal IPv4 or IPv6; null for anything else, including an address with a zone ("%eth0"). */
export function parseAddress(text: string): IpAddress | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  if (!ipaddr.IPv6.isValid(text) || text.includes("%")) return null;
  // ipaddr.js reads ::1.2.3.4, which is a different address, as the IPv4-mapped one.
  if (/^::\d+\./.test(text)) return null;
  return unmapped(ipaddr.IPv6.parse(text));
}

/** Parses a network such as 10.0.0.0/8 or fc00::/7; a single address is a network of one. Null for anything else. */
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

/** Returns the first address of a network. It differs from the CIDR's address if that has bits beyond the prefix. */
export function networkAddress({ address, prefix }: Cidr): IpAddress {
  const text = `${address}/${prefix}`;
  return address.kind() === "ipv4"
    ? ipaddr.IPv4.networkAddressFromCIDR(text)
    : ipaddr.IPv6.networkAddressFromCIDR(text);
}

/** Throws on a text that `parseCidr` refuses: validate lists where they are read. */
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
