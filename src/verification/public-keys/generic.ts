/** The generic provider for whatever else signs by a private key: the entrypoint's owner describes how. */
import type { KeyObject } from "node:crypto";
import { z } from "zod";
import type { FormField } from "../../settings/form-field.ts";
import {
  headerName,
  placeFields,
  placeShape,
  readersOf,
  toleranceField,
  toleranceSeconds,
} from "../config-fields.ts";
import { checkTemplate } from "../hmac/hmac-config.ts";
import { createSchemeVerify } from "../hmac/hmac-scheme.ts";
import { HASHES, type Hash } from "../hmac/signature.ts";
import type { Provider } from "../provider.ts";
import { isRight, joined, publicKeyFields, publicKeyShape, readKeys } from "../public-key.ts";
import { readPublicKey } from "./key-reader.ts";

/** Each costs up to a tenth of a millisecond, with each key. */
const MAX_SIGNATURES = 4;

const configSchema = z
  .strictObject({
    ...publicKeyShape(readPublicKey, "a public key of ed25519, ECDSA or RSA, in PEM or base64"),
    hash: z.enum(HASHES).default("sha256").describe("Of ECDSA and RSA; ed25519 has its own."),
    padding: z.enum(["pkcs1", "pss"]).default("pkcs1").describe("Of RSA."),
    header: headerName.describe("The header that holds the signature, or several."),
    encoding: z.enum(["base64", "hex", "base64url"]).default("base64").describe("How it is written."),
    prefix: z.string().max(200).optional().describe("What stands before each signature."),
    signature_key: z.string().trim().max(100).optional().describe("The key of pairs: v1 in t=1,v1=…"),
    timestamp_key: z
      .string()
      .trim()
      .max(50)
      .optional()
      .describe("The key of the pair that holds {timestamp}."),
    template: z
      .string()
      .min(1)
      .max(2_000)
      .transform((text) => text.replaceAll(/\r?\n/g, "{newline}"))
      .default("{body}")
      .describe("What is signed, with placeholders for parts of the request: {timestamp}|{body}"),
    timestamp_header: headerName.optional().describe("Holds {timestamp}."),
    id_header: headerName.optional().describe("Holds {id}."),
    tolerance_seconds: toleranceSeconds.optional(),
    ...placeShape,
  })
  .superRefine((config, context) => {
    const fault = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    checkTemplate(config, fault);
    if (config.timestamp_key !== undefined && config.signature_key === undefined)
      fault("signature_key", "is needed, as the time is in a pair beside it");
    if (config.timestamp_key !== undefined && config.timestamp_header !== undefined)
      fault("timestamp_key", "cannot be set beside the timestamp header");
  });

type Config = z.infer<typeof configSchema>;

const OWN_FIELDS: readonly FormField[] = [
  { name: "header", label: "Signature header", kind: "text", required: true, placeholder: "X-Signature" },
  {
    name: "template",
    label: "Signed text",
    kind: "text",
    placeholder: "{body}",
    help: "Placeholders as for HMAC: {timestamp}.{body}, {id}, {url}, {method}, {header.Name}, {newline}.",
  },
  {
    name: "hash",
    label: "Hash",
    kind: "select",
    options: [
      { value: "sha256", label: "SHA-256" },
      { value: "sha512", label: "SHA-512" },
      { value: "sha1", label: "SHA-1" },
      { value: "sha384", label: "SHA-384" },
    ],
    help: "Of ECDSA and RSA; ed25519 has its own.",
  },
  {
    name: "padding",
    label: "Padding of RSA",
    kind: "select",
    options: [
      { value: "pkcs1", label: "PKCS #1 v1.5" },
      { value: "pss", label: "PSS" },
    ],
  },
  {
    name: "encoding",
    label: "The signature is written as",
    kind: "select",
    options: [
      { value: "base64", label: "base64" },
      { value: "hex", label: "hex" },
      { value: "base64url", label: "base64url" },
    ],
  },
  { name: "prefix", label: "Prefix", kind: "text", help: "What stands before the signature in the header." },
  { name: "timestamp_header", label: "Timestamp header", kind: "text", help: "Holds {timestamp}." },
  { name: "id_header", label: "Id header", kind: "text", help: "Holds {id}." },
  toleranceField(null),
  { name: "signature_key", label: "Key of signatures", kind: "text", placeholder: "v1" },
  { name: "timestamp_key", label: "Key of the time", kind: "text", placeholder: "t" },
];

export const publicKeyProvider: Provider<Config> = {
  type: "public-key",
  label: "Public key",
  description:
    "Checks a signature by ed25519, ECDSA or RSA of any other sender: say what it signs, how, and in which header.",
  configSchema,
  fields: [...publicKeyFields("Public key", "textarea"), ...OWN_FIELDS, ...placeFields],
  prepare(config) {
    const { signature_key: key } = config;
    return {
      ...readersOf(config),
      verify: createSchemeVerify({
        scheme: {
          ...{ template: config.template, encoding: config.encoding, prefix: config.prefix },
          signatureFrom: config.header,
          signatureKeys: key === undefined ? undefined : [key],
          timestampKey: config.timestamp_key,
          idHeader: config.id_header,
          timestampHeader: config.timestamp_header,
        },
        isSigned: createIsSigned({
          keys: readKeys(config, readPublicKey),
          hash: config.hash,
          isPss: config.padding === "pss",
        }),
        toleranceSeconds: config.tolerance_seconds ?? null,
      }),
    };
  },
};

/** `hash` counts for keys that have none of their own. */
export function createIsSigned(options: { keys: readonly KeyObject[]; hash: Hash; isPss?: boolean }) {
  const { keys, hash, isPss = false } = options;
  return (parts: readonly (string | Uint8Array)[], signatures: readonly Uint8Array[]): boolean => {
    const signed = joined(parts);
    return keys.some((key) => {
      const isEd25519 = key.asymmetricKeyType === "ed25519";
      const of = {
        key,
        signed,
        hash: isEd25519 ? null : hash,
        isPss: isPss && key.asymmetricKeyType === "rsa",
      };
      return signatures.slice(0, MAX_SIGNATURES).some((signature) => isRight({ ...of, signature }));
    });
  };
}
