/** The generic provider for any other sender that signs by a private key, as described by the entrypoint's owner. */
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
import { createSchemeVerify, type IsSigned } from "../hmac/hmac-scheme.ts";
import { HASHES, type Hash } from "../hmac/signature.ts";
import type { Provider } from "../provider.ts";
import { isRight, joined, publicKeyFields, publicKeyShape, readKeys } from "../public-key.ts";
import { readPublicKey } from "./key-reader.ts";

/** Each signature costs up to 0.1 ms per key. */
const MAX_SIGNATURES = 4;

const configSchema = z
  .strictObject({
    ...publicKeyShape(readPublicKey, "an ed25519, ECDSA or RSA public key in PEM or base64"),
    hash: z.enum(HASHES).default("sha256").describe("For ECDSA and RSA; ed25519 has its own."),
    padding: z.enum(["pkcs1", "pss"]).default("pkcs1").describe("For RSA."),
    header: headerName.describe("The header that contains one or more signatures."),
    encoding: z.enum(["base64", "hex", "base64url"]).default("base64").describe("The signature's encoding."),
    prefix: z.string().max(200).optional().describe("Text before each signature."),
    signature_key: z
      .string()
      .trim()
      .max(100)
      .optional()
      .describe("For signatures written as key-value pairs: the key, such as v1 in t=1,v1=…"),
    timestamp_key: z
      .string()
      .trim()
      .max(50)
      .optional()
      .describe("The key of the pair that contains {timestamp}."),
    template: z
      .string()
      .min(1)
      .max(2_000)
      .transform((text) => text.replaceAll(/\r?\n/g, "{newline}"))
      .default("{body}")
      .describe("The signed text, with placeholders for parts of the request: {timestamp}|{body}"),
    timestamp_header: headerName.optional().describe("The header that contains {timestamp}."),
    id_header: headerName.optional().describe("The header that contains {id}."),
    tolerance_seconds: toleranceSeconds.optional(),
    ...placeShape,
  })
  .superRefine((config, context) => {
    const fault = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message });
    checkTemplate(config, fault);
    if (config.timestamp_key !== undefined && config.signature_key === undefined)
      fault("signature_key", "is required, because the timestamp is in a pair next to it");
    if (config.timestamp_key !== undefined && config.timestamp_header !== undefined)
      fault("timestamp_key", "cannot be combined with the timestamp header");
  });

type Config = z.infer<typeof configSchema>;

const OWN_FIELDS: readonly FormField[] = [
  { name: "header", label: "Signature header", kind: "text", required: true, placeholder: "X-Signature" },
  {
    name: "template",
    label: "Signed text",
    kind: "text",
    placeholder: "{body}",
    help: "Same placeholders as for HMAC: {timestamp}.{body}, {id}, {url}, {method}, {header.Name}, {newline}.",
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
    help: "For ECDSA and RSA; ed25519 has its own.",
  },
  {
    name: "padding",
    label: "RSA padding",
    kind: "select",
    options: [
      { value: "pkcs1", label: "PKCS #1 v1.5" },
      { value: "pss", label: "PSS" },
    ],
  },
  {
    name: "encoding",
    label: "Signature encoding",
    kind: "select",
    options: [
      { value: "base64", label: "base64" },
      { value: "hex", label: "hex" },
      { value: "base64url", label: "base64url" },
    ],
  },
  { name: "prefix", label: "Prefix", kind: "text", help: "Text before the signature in the header." },
  {
    name: "timestamp_header",
    label: "Timestamp header",
    kind: "text",
    help: "The header that contains {timestamp}.",
  },
  { name: "id_header", label: "Id header", kind: "text", help: "The header that contains {id}." },
  toleranceField(null),
  { name: "signature_key", label: "Signature key", kind: "text", placeholder: "v1" },
  { name: "timestamp_key", label: "Timestamp key", kind: "text", placeholder: "t" },
];

export const publicKeyProvider: Provider<Config> = {
  type: "public-key",
  label: "Public key",
  description:
    "Checks the ed25519, ECDSA or RSA signature of any other sender. You set what is signed, how, and in which header the signature is.",
  configSchema,
  fields: [...publicKeyFields("Public key", "textarea"), ...OWN_FIELDS, ...placeFields],
  prepare(config) {
    const { signature_key: key } = config;
    return {
      ...readersOf(config),
      verify: createSchemeVerify({
        scheme: {
          template: config.template,
          encoding: config.encoding,
          prefix: config.prefix,
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

/** `hash` applies to keys whose algorithm has no hash of its own. */
export function createIsSigned(options: {
  keys: readonly KeyObject[];
  hash: Hash;
  isPss?: boolean;
}): IsSigned {
  const { keys, hash, isPss = false } = options;
  return function* isSigned(parts, signatures) {
    const signed = joined(parts);
    for (const key of keys) {
      const isEd25519 = key.asymmetricKeyType === "ed25519";
      const of = {
        key,
        signed,
        hash: isEd25519 ? null : hash,
        isPss: isPss && key.asymmetricKeyType === "rsa",
      };
      for (const signature of signatures.slice(0, MAX_SIGNATURES)) {
        yield;
        if (isRight({ ...of, signature })) return true;
      }
    }
    return false;
  };
}
