/** Compares what a sender signed with what it should be, in a time that tells nothing of either. */
import { timingSafeEqual } from "node:crypto";

export type Encoding = "hex" | "base64";
export type Hash = "sha1" | "sha256" | "sha384" | "sha512";

const FORM: Readonly<Record<Encoding, RegExp>> = {
  hex: /^[0-9a-f]*$/i,
  base64: /^[0-9a-z+/]*={0,2}$/i,
};

/** Null for what is not in that encoding: `Buffer` by itself skips over such letters. */
export function decode(text: string, encoding: Encoding): Uint8Array | null {
  return FORM[encoding].test(text) ? Buffer.from(text, encoding) : null;
}

export function hmac(hash: Hash, key: Uint8Array, parts: readonly (string | Uint8Array)[]): Uint8Array {
  const hasher = new Bun.CryptoHasher(hash, key);
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

/** Whether any of the given signatures is any of the right ones. All are compared, whichever is found first. */
export function matchesAny(given: readonly Uint8Array[], right: readonly Uint8Array[]): boolean {
  let found = false;
  for (const one of given) {
    for (const other of right) {
      // How long a digest is, is no secret.
      if (one.byteLength === other.byteLength && timingSafeEqual(one, other)) found = true;
    }
  }
  return found;
}
