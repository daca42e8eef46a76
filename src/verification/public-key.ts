/** Verifies signatures with a provider's public key, and defines its settings. */
import { constants, type KeyObject, verify } from "node:crypto";
import { z } from "zod";
import type { FormField } from "../settings/form-field.ts";
import { decode, type Encoding, type Hash } from "./hmac/signature.ts";
import { ACCEPTED, type ReceivedRequest, refused, type Verdict } from "./provider.ts";
import { missing, wrongSignature } from "./refusals.ts";

/** A PEM certificate with a 4,096-bit key has about 2,500 characters. */
const MAX_PUBLIC_KEY_LENGTH = 5_000;

type KeyReader = (text: string) => KeyObject | null;

export function publicKeyShape(read: KeyReader, form: string) {
  const publicKey = z
    .string()
    .trim()
    .max(MAX_PUBLIC_KEY_LENGTH)
    .refine((text) => read(text) !== null, `is not ${form}`);
  return { public_key: publicKey, previous_public_key: publicKey.optional() };
}

export function publicKeyFields(label: string, kind: "text" | "textarea" = "text"): readonly FormField[] {
  return [
    { name: "public_key", label, kind, required: true },
    {
      name: "previous_public_key",
      label: `Previous ${label.charAt(0).toLowerCase()}${label.slice(1)}`,
      kind,
      help: "Requests signed with this one are accepted too. Use it while you replace the key.",
    },
  ];
}

export function readKeys(
  config: Readonly<{ public_key: string; previous_public_key?: string | undefined }>,
  read: KeyReader,
): KeyObject[] {
  const { public_key: current, previous_public_key: previous } = config;
  return [current, previous ?? null].flatMap((text) => (text === null ? [] : (read(text) ?? [])));
}

/**
 * Verifies a signature of the timestamp's text followed by the body, each header named. The timestamp's age is not
 * checked.
 */
export function createPublicKeyVerify(options: {
  keys: readonly KeyObject[];
  hash: "sha256" | null;
  encoding: Encoding;
  signatureHeader: string;
  timestampHeader: string;
}): (request: ReceivedRequest) => Verdict {
  const { keys, hash, encoding, signatureHeader, timestampHeader } = options;
  return ({ headers, body }) => {
    const given = headers.get(signatureHeader);
    const timestamp = headers.get(timestampHeader);
    if (given === null) return missing(signatureHeader);
    if (timestamp === null) return missing(timestampHeader);
    const signature = decode(given, encoding);
    if (signature === null || signature.byteLength === 0)
      return refused(`The header ${signatureHeader} does not contain a signature in the expected format.`);
    return isSignedBy({ keys, hash, parts: [timestamp, body], signature }) ? ACCEPTED : wrongSignature();
  };
}

/**
 * Returns whether one of the keys made the signature; never throws. `hash` null: the algorithm includes its own hash.
 */
export function isSignedBy(options: {
  keys: readonly KeyObject[];
  hash: Hash | null;
  parts: readonly (string | Uint8Array)[];
  signature: Uint8Array;
}): boolean {
  const { keys, hash, signature } = options;
  const signed = joined(options.parts);
  return keys.some((key) => isRight({ key, hash, signed, signature }));
}

export function joined(parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
}

/**
 * Checks one signature with one key; never throws. ECDSA signatures may be DER or the two numbers concatenated (IEEE
 * P1363).
 */
export function isRight(options: {
  key: KeyObject;
  hash: Hash | null;
  signed: Uint8Array;
  signature: Uint8Array;
  /** RSASSA-PSS instead of PKCS #1 v1.5. */
  isPss?: boolean;
}): boolean {
  const { key, hash, signed, signature, isPss = false } = options;
  try {
    if (isPss) return verify(hash, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING }, signature);
    if (verify(hash, signed, key, signature)) return true;
    return (
      key.asymmetricKeyType === "ec" && verify(hash, signed, { key, dsaEncoding: "ieee-p1363" }, signature)
    );
  } catch {
    // A malformed signature.
    return false;
  }
}
