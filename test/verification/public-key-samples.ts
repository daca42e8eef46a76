/** Samples of providers that sign with a private key, made with node's crypto. */
import { constants, generateKeyPairSync, type KeyObject, sign as signBy } from "node:crypto";
import type { Sample } from "./sample.ts";
import { json, seconds } from "./samples.ts";

/** Private keys by their public key, as a provider shows it. */
const privateKeys = new Map<string, KeyObject>();

function privateKeyOf(publicKey: string): KeyObject {
  const key = privateKeys.get(publicKey);
  if (!key) throw new Error("no such key pair");
  return key;
}

type Pair = Readonly<{ publicKey: KeyObject; privateKey: KeyObject }>;

const KINDS = {
  ed25519: (): Pair => generateKeyPairSync("ed25519"),
  ec: (): Pair => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  rsa: (): Pair => generateKeyPairSync("rsa", { modulusLength: 2_048 }),
};

/** The formats in which providers show a public key. */
export const SHOWN = {
  pem: (key: KeyObject) => key.export({ format: "pem", type: "spki" }).toString().trim(),
  oneLine: (key: KeyObject) => key.export({ format: "pem", type: "spki" }).toString().replaceAll("\n", ""),
  der: (key: KeyObject) => key.export({ format: "der", type: "spki" }).toString("base64"),
  pkcs1: (key: KeyObject) => key.export({ format: "pem", type: "pkcs1" }).toString().trim(),
  bareBase64: (key: KeyObject) =>
    key.export({ format: "der", type: "spki" }).subarray(-32).toString("base64"),
  bareHex: (key: KeyObject) => key.export({ format: "der", type: "spki" }).subarray(-32).toString("hex"),
};

function three(kind: keyof typeof KINDS, shown: keyof typeof SHOWN) {
  const make = () => {
    const { publicKey, privateKey } = KINDS[kind]();
    const text = SHOWN[shown](publicKey);
    privateKeys.set(text, privateKey);
    return text;
  };
  return { current: make(), next: make(), wrong: make() };
}

const publicKeys = (key: string, previous?: string) => ({
  public_key: key,
  ...(previous !== undefined && { previous_public_key: previous }),
});

const joined = (...parts: readonly (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));

const common = { isPublic: true, signsBody: true };

type Generic = Readonly<{
  kind: keyof typeof KINDS;
  shown: keyof typeof SHOWN;
  hash: string | null;
  encoding: "base64" | "hex" | "base64url";
  settings?: Record<string, unknown>;
  how?: { dsaEncoding?: "ieee-p1363"; padding?: number; saltLength?: number };
}>;

/** Signs `{timestamp}.{body}`, with a prefix in one header and the timestamp in another. */
function generic({ kind, shown, hash, encoding, settings = {}, how = {} }: Generic): Sample {
  return {
    ...common,
    type: "public-key",
    keys: three(kind, shown),
    config: (key, previous) => ({
      ...publicKeys(key, previous),
      header: "X-Signed",
      prefix: "v1=",
      encoding,
      template: "{timestamp}.{body}",
      timestamp_header: "X-Time",
      tolerance_seconds: 120,
      event_type: "$.type",
      ...settings,
    }),
    sign({ body, at, key }) {
      const options = { key: privateKeyOf(key), ...how };
      const signature = signBy(hash, joined(`${seconds(at)}.`, body), options).toString(encoding);
      return { body, headers: { "X-Signed": `v1=${signature}`, "X-Time": seconds(at) } };
    },
    headers: ["X-Signed", "X-Time"],
    signatureHeader: "X-Signed",
    body: json({ type: "made" }),
    eventType: "made",
    duplicateId: null,
    toleranceSeconds: 120,
  };
}

export const PUBLIC_KEY_SAMPLES: readonly Sample[] = [
  generic({ kind: "ed25519", shown: "bareHex", hash: null, encoding: "hex" }),
  generic({ kind: "ed25519", shown: "bareBase64", hash: null, encoding: "base64url" }),
  generic({ kind: "ed25519", shown: "pem", hash: null, encoding: "base64" }),
  generic({ kind: "ec", shown: "der", hash: "sha256", encoding: "base64" }),
  generic({
    kind: "ec",
    shown: "oneLine",
    hash: "sha256",
    encoding: "hex",
    how: { dsaEncoding: "ieee-p1363" },
  }),
  generic({ kind: "rsa", shown: "pkcs1", hash: "sha512", encoding: "base64", settings: { hash: "sha512" } }),
  generic({
    kind: "rsa",
    shown: "pem",
    hash: "sha512",
    encoding: "base64url",
    settings: { hash: "sha512", padding: "pss" },
    how: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  }),
  {
    ...common,
    type: "telnyx",
    keys: three("ed25519", "bareBase64"),
    config: publicKeys,
    sign({ body, at, key }) {
      const signature = signBy(null, joined(`${seconds(at)}|`, body), privateKeyOf(key)).toString("base64");
      return { body, headers: { "telnyx-signature-ed25519": signature, "telnyx-timestamp": seconds(at) } };
    },
    headers: ["telnyx-signature-ed25519", "telnyx-timestamp"],
    signatureHeader: "telnyx-signature-ed25519",
    body: json({ data: { event_type: "message.received", id: "0ccc7b54" } }),
    eventType: "message.received",
    duplicateId: "0ccc7b54",
    toleranceSeconds: 300,
  },
  {
    ...common,
    type: "ebay",
    keys: three("ec", "oneLine"),
    config: (key, previous) => ({
      verification_token: "a-token-of-at-least-thirty-two-letters",
      ...publicKeys(key, previous),
    }),
    sign({ body, key }) {
      const signature = signBy("sha1", body, privateKeyOf(key)).toString("base64");
      const header = json({ alg: "ecdsa", kid: "9936261a-7d7b", signature, digest: "SHA1" });
      return { body, headers: { "x-ebay-signature": Buffer.from(header).toString("base64") } };
    },
    headers: ["x-ebay-signature"],
    signatureHeader: "x-ebay-signature",
    body: json({
      metadata: { topic: "MARKETPLACE_ACCOUNT_DELETION" },
      notification: { notificationId: "49fe" },
    }),
    eventType: "MARKETPLACE_ACCOUNT_DELETION",
    duplicateId: "49fe",
    toleranceSeconds: null,
  },
];
