/** Reads JSON Web Tokens that are signed by HMAC-SHA256 (HS256), and no others. */
import { isRecord } from "../../lib/records.ts";
import { decode, hmac, matchesAny } from "../hmac/signature.ts";

const FORM = /^([\w-]+)\.([\w-]+)\.([\w-]{43})$/;
const MAX_LENGTH = 8_192;

/** Returns the token's claims. Nothing is parsed before the signature is verified. */
export function readHs256Token(options: {
  token: string;
  keys: readonly Uint8Array[];
}): Readonly<Record<string, unknown>> | "malformed" | "forged" {
  const { token, keys } = options;
  const [, head = "", claims = "", given = ""] = token.length > MAX_LENGTH ? [] : (FORM.exec(token) ?? []);
  const signature = decode(given, "base64url");
  if (given === "" || signature === null) return "malformed";
  const right = keys.map((key) => hmac("sha256", key, [`${head}.${claims}`]));
  if (!matchesAny([signature], right)) return "forged";
  const [header, said] = [parse(head), parse(claims)];
  return header?.alg === "HS256" && said !== null ? said : "malformed";
}

function parse(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
