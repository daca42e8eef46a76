/** Keys of Standard Webhooks: `whsec_` for HMAC-SHA256 (v1); `whsk_` and its public `whpk_` for ed25519 (v1a). */
import { createPrivateKey, createPublicKey, randomBytes, sign } from "node:crypto";

export const SIGNING_SCHEMES = ["v1", "v1a"] as const;
export type SigningScheme = (typeof SIGNING_SCHEMES)[number];

export type SigningKey = Readonly<{
  /** Returns "v1,…" or "v1a,…": the signature of `head` followed by `body`. */
  sign: (head: string, body: Uint8Array) => string;
  /** Key with which the receiver verifies, `whpk_…`; null if that is the secret itself. */
  publicKey: string | null;
}>;

const PREFIXES = { v1: "whsec_", v1a: "whsk_" } as const;
const NEW_SECRET_BYTES = 32;
/** Length of a secret that the specification requires. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const SEED_BYTES = 32;
/** Seed and public key: the form in which other implementations write whsk_. */
const LONG_KEY_BYTES = 64;
/** PKCS #8 header that precedes the seed (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");

export function newSigningSecret(scheme: SigningScheme): string {
  return PREFIXES[scheme] + randomBytes(NEW_SECRET_BYTES).toString("base64");
}

/** Returns the fault of a secret, in words that follow its name and never repeat it; null if it is valid. */
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

/** Throws on a secret that `signingSecretFault` refuses. */
export function openSigningKey(scheme: SigningScheme, secret: string): SigningKey {
  const bytes = bytesOf(scheme, secret);
  if (bytes === null || signingSecretFault(scheme, secret) !== null) throw new Error("not a signing secret");
  if (scheme === "v1") {
    // Copying the keyed hasher saves each request the hashing of the key.
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

/** Returns null for text that is not base64. Buffer skips such characters; encoding the result again reveals it. */
function bytesOf(scheme: SigningScheme, secret: string): Buffer | null {
  const text = secret.slice(PREFIXES[scheme].length);
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}
