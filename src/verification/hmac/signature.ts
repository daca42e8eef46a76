/** Decodes, computes and compares signatures, in constant time. */
import { timingSafeEqual } from "node:crypto";

/** `base64-of-hex`: base64 of the hex digits as text. */
export const ENCODINGS = ["hex", "base64", "base64url", "base64-of-hex"] as const;
export type Encoding = (typeof ENCODINGS)[number];

export const HASHES = ["sha256", "sha512", "sha1", "sha384"] as const;
export type Hash = (typeof HASHES)[number];

type Alphabet = Exclude<Encoding, "base64-of-hex">;

const LETTERS: Readonly<Record<Alphabet, RegExp>> = {
  hex: /^[0-9a-f]*$/i,
  base64: /^[0-9a-z+/]*={0,2}$/i,
  base64url: /^[\w-]*={0,2}$/,
};

/**
 * Decodes a signature; null for text that no encoder writes: other characters, which `Buffer` skips, an odd number of
 * hex digits, or base64 that ends within a byte. Two different texts therefore never decode to the same signature,
 * except for hex case and padding.
 */
export function decode(text: string, encoding: Encoding): Uint8Array | null {
  if (encoding === "base64-of-hex") {
    const digits = decode(text, "base64");
    return digits === null ? null : decode(Buffer.from(digits).toString("latin1"), "hex");
  }
  if (!LETTERS[encoding].test(text)) return null;
  const isWhole = encoding === "hex" ? text.length % 2 === 0 : isWholeBase64(text);
  return isWhole ? Buffer.from(text, encoding) : null;
}

/** The last characters allowed by the length of the last group of four: those whose unused bits are zero. */
const LAST_LETTERS = ["", "", "AQgw", "AEIMQUYcgkosw048"];

function isWholeBase64(text: string): boolean {
  const letters = text.endsWith("=") ? text.indexOf("=") : text.length;
  if (letters < text.length && text.length % 4 !== 0) return false;
  const rest = letters % 4;
  return rest === 0 || (LAST_LETTERS[rest]?.includes(text.charAt(letters - 1)) ?? false);
}

/** Decodes a key. Unlike `decode` it accepts truncated text as `Buffer` reads it, because such keys may be in use. */
export function decodeKey(text: string, encoding: Alphabet): Uint8Array | null {
  return LETTERS[encoding].test(text) ? Buffer.from(text, encoding) : null;
}

export function hmac(hash: Hash, key: Uint8Array, parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hasher = new Bun.CryptoHasher(hash, key);
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

/**
 * Returns whether any given signature equals any right one. All pairs are compared, so that time does not tell which
 * matched.
 */
export function matchesAny(given: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  let found = false;
  for (const one of given) {
    for (const other of right) {
      // The length of a digest is not secret.
      if (one.byteLength === other.byteLength && timingSafeEqual(one, other)) found = true;
    }
  }
  return found;
}
