/** Keys of Standard Webhooks: `whsec_` for HMAC-SHA256 (v1), `whsk_` and its public `whpk_` for ed25519 (v1a). */
import { createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";

export const SIGNING_SCHEMES = ["v1", "v1a"] as const;
export type SigningScheme = (typeof SIGNING_SCHEMES)[number];

export type SigningKey = Readonly<{
  /** "v1,…" or "v1a,…": the signature of `head`, then `body`. */
  sign: (head: string, body: Uint8Array) => string;
  /** What the receiver verifies with, `whpk_…`; null where that is the secret itself. */
  publicKey: string | null;
}>;

const PREFIXES = { v1: "whsec_", v1a: "whsk_" } as const;
const NEW_SECRET_BYTES = 32;
/** What the specification asks of a secret. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const SEED_BYTES = 32;
/** The seed, then the public key: the form in which others write whsk_. */
const LONG_KEY_BYTES = 64;
/** RFC 8410: what stands before the seed in PKCS #8. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

export function newSigningSecret(scheme: SigningScheme): string {
  return PREFIXES[scheme] + randomBytes(NEW_SECRET_BYTES).toString("base64");
}

/** What is wrong with a secret, in words that follow its name and never repeat it; null for a right one. */
export function signingSecretFault(scheme: SigningScheme, secret: string): string | null {
  const prefix = PREFIXES[scheme];
  if (!secret.startsWith(prefix)) return `must begin with ${prefix}`;
  const bytes = bytesOf(scheme, secret);
  if (bytes === null) return `must be base64 after ${prefix}`;
  if (scheme === "v1") {
    const fits = bytes.length >= MIN_SECRET_BYTES && bytes.length <= MAX_SECRET_BYTES;
    return fits ? null : `must hold ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes after ${prefix}`;
  }
  if (bytes.length === SEED_BYTES) return null;
  if (bytes.length !== LONG_KEY_BYTES)
    return `must hold the ${SEED_BYTES} bytes of an ed25519 key after ${prefix}`;
  const isWhole = bytes.subarray(SEED_BYTES).equals(publicBytes(bytes.subarray(0, SEED_BYTES)));
  return isWhole ? null : "must hold the public key that belongs to its private key";
}

/** Throws on what `signingSecretFault` refuses. */
export function openSigningKey(scheme: SigningScheme, secret: string): SigningKey {
  const bytes = bytesOf(scheme, secret);
  if (bytes === null || signingSecretFault(scheme, secret) !== null) throw new Error("not a signing secret");
  if (scheme === "v1") {
    // Its copies spare each request the hashing of the key.
    const keyed = new Bun.CryptoHasher("sha256", bytes);
    return {
      sign: (head, body) => `v1,${keyed.copy().update(head).update(body).digest("base64")}`,
      publicKey: null,
    };
  }
  const seed = bytes.subarray(0, SEED_BYTES);
  const key = privateKey(seed);
  return {
    sign: (head, body) =>
      `v1a,${sign(null, Buffer.concat([Buffer.from(head), body]), key).toString("base64")}`,
    publicKey: `whpk_${publicBytes(seed).toString("base64")}`,
  };
}

function privateKey(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
}

function publicBytes(seed: Uint8Array): Buffer {
  const { x = "" } = createPublicKey(privateKey(seed)).export({ format: "jwk" });
  return Buffer.from(x, "base64url");
}

/** Null for what is not base64: Buffer skips that, and writing it back shows it. */
function bytesOf(scheme: SigningScheme, secret: string): Buffer | null {
  const text = secret.slice(PREFIXES[scheme].length);
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}
