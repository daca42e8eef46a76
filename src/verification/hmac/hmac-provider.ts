/** Creates a provider from a row that describes what is signed by HMAC and where a request carries each value. */
import { z } from "zod";
import {
  bytesOfSecrets,
  secretFields,
  secretShape,
  timedSecretShape,
  toleranceField,
} from "../config-fields.ts";
import type { Provider, Verifier } from "../provider.ts";
import { createHmacVerify, type HmacScheme } from "./hmac-scheme.ts";
import { createHmacSign } from "./hmac-sign.ts";
import { decodeKey } from "./signature.ts";

export type HmacRow = Omit<HmacScheme, "signatureFrom"> &
  Pick<Verifier, "eventType" | "duplicateId" | "unsignedHandshake" | "signedHandshake"> &
  Readonly<{
    type: string;
    label: string;
    description: string;
    /** The header that contains the signature. */
    header: string;
    /** The provider's own term for the secret. */
    secretLabel?: string;
    /** Whether the provider shows the key's bytes as base64. */
    hasBase64Secret?: boolean;
    /** How far the signed timestamp may be off, unless the entrypoint sets another limit. */
    toleranceSeconds?: number;
    /** A request with all of these headers is recognized as this provider's. */
    recognizedBy: readonly string[];
  }>;

const untimedSchema = z.strictObject(secretShape);
const timedSchema = z.strictObject(timedSecretShape);

export type HmacConfig = z.infer<typeof timedSchema>;

const base64Secret = secretShape.secret.refine((text) => bytesOfBase64(text).byteLength > 0, "is not base64");
const base64Schema = z.strictObject({ secret: base64Secret, previous_secret: base64Secret.optional() });

function bytesOfBase64(text: string): Uint8Array {
  return decodeKey(text, "base64") ?? new Uint8Array(0);
}

export function createHmacProvider(row: HmacRow): Provider<HmacConfig> {
  const { type, label, description, toleranceSeconds = null, hasBase64Secret = false } = row;
  const fields = secretFields(row.secretLabel);
  const { eventType, duplicateId, unsignedHandshake, signedHandshake } = row;
  const rest = {
    eventType,
    duplicateId,
    ...(unsignedHandshake && { unsignedHandshake }),
    ...(signedHandshake && { signedHandshake }),
  };
  const plainSchema = hasBase64Secret ? base64Schema : untimedSchema;
  return {
    type,
    label,
    description,
    configSchema: toleranceSeconds === null ? plainSchema : timedSchema,
    fields: toleranceSeconds === null ? fields : [...fields, toleranceField(toleranceSeconds)],
    recognizes: (headers) => row.recognizedBy.every((name) => isLike(row, name, headers.get(name))),
    prepare(config) {
      const keys = bytesOfSecrets(config, hasBase64Secret ? bytesOfBase64 : undefined);
      const [key] = keys;
      const scheme = { ...row, signatureFrom: row.header };
      return {
        ...rest,
        ...(key && { key }),
        sign: createHmacSign(scheme, key),
        verify: createHmacVerify({
          scheme,
          keys,
          toleranceSeconds: config.tolerance_seconds ?? toleranceSeconds,
        }),
      };
    },
  };
}

/** A header that other senders use too, such as Authorization, is recognized by the signature's prefix. */
function isLike({ header, prefix = "" }: HmacRow, name: string, value: string | null): boolean {
  return value !== null && (name !== header.toLowerCase() || value.startsWith(prefix));
}
