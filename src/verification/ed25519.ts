/** Reads ed25519 public keys, which providers show as their bare 32 bytes. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { decode, type Encoding } from "./hmac/signature.ts";

const KEY_BYTES = 32;

/** Null if the text is not such a key. */
export function readEd25519Key(text: string, encoding: Encoding): KeyObject | null {
  const bytes = decode(text, encoding);
  if (bytes?.byteLength !== KEY_BYTES) return null;
  const x = Buffer.from(bytes).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}
