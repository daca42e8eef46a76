/** Validates and parses the text of one environment variable; a fault's message never repeats a secret. */
import { fileURLToPath } from "node:url";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { type IpAddress, networkAddress, parseAddress, parseCidr } from "./lib/cidr.ts";

/** Quotes a value for a fault; shortened, because whole files get pasted into variables by mistake. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

/** Turns a parser that throws the fault into a schema. */
export function text<T>(read: (value: string) => T): z.ZodType<T, string> {
  return z.string().transform((value, context) => {
    try {
      return read(value);
    } catch (error) {
      context.addIssue({ code: "custom", message: error instanceof Error ? error.message : "is not valid" });
      return z.NEVER;
    }
  });
}

export function oneOf<const T extends readonly string[]>(words: T): z.ZodType<T[number], string> {
  return text((value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw new Error(`${quote(value)} is not an allowed value`);
    return found;
  });
}

export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  return text((value) => {
    if (!/^\d{1,15}$/.test(value)) throw new Error(`${quote(value)} is not a whole number`);
    const number = Number(value);
    if (number < min) throw new Error(`${number} is too small`);
    if (number > max) throw new Error(`${number} is too large`);
    return number;
  });
}

export const hostName = text((value) => {
  const name = /^(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*$/i;
  if (!name.test(value) && !ipaddr.IPv6.isValid(value)) {
    throw new Error(`${quote(value)} is neither an address nor a host name`);
  }
  return value;
});

/** Parses an origin and removes its trailing slash. Faults do not quote the value, because URLs carry passwords. */
export const originUrl = text((value) => {
  if (!URL.canParse(value)) throw new Error("the value is not a URL");
  const url = new URL(value);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new Error(`the scheme ${quote(url.protocol)} is neither http: nor https:`);
  }
  if (url.username !== "" || url.password !== "") throw new Error("the URL contains a user name or password");
  if (url.pathname !== "/" || value.includes("?") || value.includes("#")) {
    throw new Error("the URL contains more than scheme, host and port");
  }
  return url.origin;
});

/** Faults do not quote the value, because it carries a password. */
export const smtpUrl = text((value) => {
  if (!URL.canParse(value)) throw new Error("the value is not a URL");
  const { protocol, hostname } = new URL(value);
  if (protocol !== "smtp:" && protocol !== "smtps:") {
    throw new Error(`the scheme ${quote(protocol)} is neither smtp: nor smtps:`);
  }
  if (hostname === "") throw new Error("the URL has no host");
  return value;
});

export const emailAddress = text((value) => {
  const result = z.email().safeParse(value);
  if (!result.success) throw new Error(`${quote(value)} is not an e-mail address`);
  return value;
});

/** Accepts a plain path, or a `file:` or `sqlite:` URL of a file. */
export const databasePath = text((value) => {
  // At least two letters, so that a Windows drive is not taken for a scheme.
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]+):(.*)$/is.exec(value) ?? [];
  if (value === ":memory:" || rest === ":memory:")
    throw new Error("an in-memory database is lost at every stop");
  if (scheme === undefined || rest === undefined) return value;
  if (!/^(file|sqlite)$/i.test(scheme)) throw new Error(`the scheme ${quote(`${scheme}:`)} is not known`);
  if (/[?#]/.test(rest)) throw new Error("the URL has parameters, which are not supported");
  if (rest === "" || rest === "//") throw new Error("the URL has no path");
  if (!rest.startsWith("//")) return decodeURIComponent(rest);
  if (!rest.startsWith("///"))
    throw new Error("the URL has a host: a relative path must directly follow the colon");
  return fileURLToPath(`file:${rest}`);
});

export const directoryPath = text((value) => {
  if (/^[a-z][a-z0-9+.-]+:/i.test(value)) throw new Error(`${quote(value)} is a URL, not a path`);
  return value;
});

/** Accepts 32 bytes in base64 or base64url, padded or not. */
export const secretKey = text((value) => {
  const compact = value.replace(/=+$/, "");
  if (!/^[a-z0-9+/_-]+$/i.test(compact)) throw new Error("the value is not base64");
  const bytes = Buffer.from(compact, "base64");
  if (bytes.length !== 32) throw new Error(`the value has ${bytes.length} bytes, not 32`);
  return new Uint8Array(bytes);
});

export function secretText(minLength: number): z.ZodType<string, string> {
  return text((value) => {
    if (value.length < minLength) throw new Error(`the value has fewer than ${minLength} characters`);
    return value;
  });
}

export const userName = text((value) => {
  // A colon would end the name inside an Authorization header.
  if (value.includes(":")) throw new Error(`${quote(value)} contains a colon`);
  return value;
});

/** Accepts CIDRs separated by commas or spaces. A single address is a network of one; "none" is the empty list. */
export const cidrList = text((value): readonly string[] => {
  if (value === "none") return [];
  return Object.freeze(
    value
      .split(/[\s,]+/)
      .filter((entry) => entry !== "")
      .map(readCidr),
  );
});

function readCidr(entry: string): string {
  const [addressText = ""] = entry.split("/", 1);
  const address = parseAddress(addressText);
  const cidr = parseCidr(entry);
  if (address === null || entry.split("/").length > 2) throw new Error(`${quote(entry)} is not a CIDR`);
  if (cidr === null)
    throw new Error(`the prefix of ${quote(entry)} is not a number up to ${widthOf(address)}`);
  const network = networkAddress(cidr);
  if (`${network}` !== `${address}`) {
    throw new Error(`${quote(entry)} has bits beyond its prefix: it would be ${network}/${cidr.prefix}`);
  }
  return `${address}/${cidr.prefix}`;
}

function widthOf(address: IpAddress): number {
  return address.kind() === "ipv4" ? 32 : 128;
}

/** Names that OpenTelemetry defines. */
export const SAMPLERS = [
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
  "always_on",
  "always_off",
  "traceidratio",
] as const;

/** Removes the trailing slash; the path for traces is appended to it. */
export const collectorUrl = text((value) => {
  if (!URL.canParse(value)) throw new Error("the value is not a URL");
  const { protocol, href, username, search, hash } = new URL(value);
  if (protocol !== "http:" && protocol !== "https:") {
    throw new Error(`the scheme ${quote(protocol)} is neither http: nor https:`);
  }
  if (username !== "" || search !== "" || hash !== "")
    throw new Error("the URL contains more than host and path");
  return href.replace(/\/+$/, "");
});

/**
 * Parses lists as OpenTelemetry writes them: key=value separated by commas, percent-encoded. Faults do not quote the
 * value.
 */
export const keyValueList = text((value): Readonly<Record<string, string>> => {
  const pairs = value.split(",").filter((pair) => pair.trim() !== "");
  return Object.freeze(Object.fromEntries(pairs.map(readPair)));
});

function readPair(pair: string, index: number): [string, string] {
  const mark = pair.indexOf("=");
  const key = pair.slice(0, Math.max(0, mark)).trim();
  if (key === "") throw new Error(`part ${index + 1} is not key=value`);
  try {
    return [decodeURIComponent(key), decodeURIComponent(pair.slice(mark + 1).trim())];
  } catch {
    throw new Error(`part ${index + 1} has an invalid percent-encoding`);
  }
}

/** Accepts a number from 0 to 1. */
export const share = text((value) => {
  if (!/^(0|1|0?\.\d+|1\.0+|0\.0+)$/.test(value))
    throw new Error(`${quote(value)} is not a number from 0 to 1`);
  return Number(value);
});

/** Accepts https, and http on this machine. Faults do not quote the value, because URLs carry passwords. */
export const issuerUrl = text((value) => {
  if (!URL.canParse(value)) throw new Error("the value is not a URL");
  const url = new URL(value);
  const isLocal = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLocal)) {
    throw new Error(`the scheme ${quote(url.protocol)} is not https:`);
  }
  if (url.username !== "" || url.password !== "") throw new Error("the URL contains a user name or password");
  if (value.includes("?") || value.includes("#")) throw new Error("the URL contains more than host and path");
  return value;
});

/** Accepts domains separated by commas or spaces, or "any". */
export const domainList = text((value): "any" | readonly string[] => {
  if (value === "any") return value;
  return listed(value, /[\s,]+/, (entry) => {
    if (!/^([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/i.test(entry))
      throw new Error(`${quote(entry)} is not a domain`);
    return entry.toLowerCase();
  });
});

/** Accepts texts separated by commas. */
export const textList = text((value) => listed(value, /,/, (entry) => entry));

/** Accepts scopes of OpenID Connect, separated by spaces. */
export const scopeList = text((value) => {
  const scopes = value.split(/\s+/).filter((scope) => scope !== "");
  if (!scopes.includes("openid")) throw new Error("openid is not among the scopes");
  return scopes.join(" ");
});

function listed(value: string, mark: RegExp, read: (entry: string) => string): readonly string[] {
  const entries = value
    .split(mark)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  if (entries.length === 0) throw new Error("the list is empty");
  return Object.freeze(entries.map(read));
}
