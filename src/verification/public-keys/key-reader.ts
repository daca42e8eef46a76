/** Reads public keys in each format that providers show them in. */
import { createPublicKey, type KeyObject, X509Certificate } from "node:crypto";
import { readEd25519Key } from "../ed25519.ts";
import { decodeKey } from "../hmac/signature.ts";

const PEM = /^-----BEGIN (PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----([A-Za-z0-9+/=\s]+)-----END \1-----$/;
const KINDS: readonly (string | undefined)[] = ["ed25519", "ec", "rsa", "rsa-pss"];
/** Shorter keys can be broken. */
const LEAST_RSA_BITS = 1_024;

/**
 * Reads PEM (also on one line, and certificates), base64 of DER, or the 32 bytes of an ed25519 key in base64 or hex.
 * Null if the text is not a public key of ed25519, ECDSA or RSA.
 */
export function readPublicKey(text: string): KeyObject | null {
  const given = text.trim();
  const [, label, body = ""] = PEM.exec(given) ?? [];
  if (label !== undefined) return known(() => fromDer(Buffer.from(body, "base64"), label));
  const bare = readEd25519Key(given, "hex") ?? readEd25519Key(given, "base64");
  if (bare !== null) return bare;
  const der = decodeKey(given.replaceAll(/\s/g, ""), "base64");
  return der === null ? null : known(() => fromDer(Buffer.from(der), "PUBLIC KEY"));
}

function fromDer(key: Buffer, label: string): KeyObject {
  if (label === "CERTIFICATE") return new X509Certificate(key).publicKey;
  return createPublicKey({ key, format: "der", type: label === "PUBLIC KEY" ? "spki" : "pkcs1" });
}

function known(read: () => KeyObject): KeyObject | null {
  try {
    const key = read();
    const bits = key.asymmetricKeyDetails?.modulusLength ?? LEAST_RSA_BITS;
    return KINDS.includes(key.asymmetricKeyType) && bits >= LEAST_RSA_BITS ? key : null;
  } catch {
    return null;
  }
}
