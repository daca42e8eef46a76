/** Changes an ID token and signs it again, as an attacker or a broken provider does. */
import { createHmac, type KeyObject, sign } from "node:crypto";
import { z } from "zod";

const part = z.record(z.string(), z.unknown());

export type Forged = Readonly<{ header: Record<string, unknown>; claims: Record<string, unknown> }>;

/** Signs by the header's algorithm: a text is a secret for HS256; "none" leaves the signature empty. */
export function forgeToken(
  token: string,
  change: (token: Forged) => Forged,
  key: KeyObject | string,
): string {
  const [header = "", claims = ""] = token.split(".");
  const changed = change({ header: read(header), claims: read(claims) });
  const signed = `${write(changed.header)}.${write(changed.claims)}`;
  return `${signed}.${signatureOf(signed, changed.header.alg, key)}`;
}

function signatureOf(text: string, alg: unknown, key: KeyObject | string): string {
  if (alg === "none") return "";
  if (typeof key === "string") return createHmac("sha256", key).update(text).digest("base64url");
  const how = alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" as const } : key;
  return sign("sha256", Buffer.from(text), how).toString("base64url");
}

function read(text: string): Record<string, unknown> {
  return part.parse(JSON.parse(Buffer.from(text, "base64url").toString()));
}

function write(value: Record<string, unknown>): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
