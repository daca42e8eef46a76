/** Makes a provider of a row that says what is signed by HMAC, and where in a request things stand. */
import { z } from "zod";
import {
  bytesOfSecrets,
  secretFields,
  secretShape,
  timedSecretShape,
  toleranceField,
} from "./config-fields.ts";
import { createHmacVerify, type HmacScheme } from "./hmac-scheme.ts";
import type { Provider, Verifier } from "./provider.ts";

export type HmacRow = HmacScheme &
  Pick<Verifier, "eventType" | "duplicateId" | "unsignedHandshake" | "signedHandshake"> &
  Readonly<{
    type: string;
    label: string;
    description: string;
    /** The provider's own word for it. */
    secretLabel?: string;
    /** How far the signed time may be away from now, unless the entrypoint says otherwise. */
    toleranceSeconds?: number;
    /** A request that has all of these headers looks like this provider's. */
    recognizedBy: readonly string[];
  }>;

const untimedSchema = z.strictObject(secretShape);
const timedSchema = z.strictObject(timedSecretShape);

export type HmacConfig = z.infer<typeof timedSchema>;

export function createHmacProvider(row: HmacRow): Provider<HmacConfig> {
  const { type, label, description, toleranceSeconds = null, recognizedBy } = row;
  const fields = secretFields(row.secretLabel);
  const { eventType, duplicateId, unsignedHandshake, signedHandshake } = row;
  const rest = {
    ...{ eventType, duplicateId },
    ...(unsignedHandshake && { unsignedHandshake }),
    ...(signedHandshake && { signedHandshake }),
  };
  return {
    ...{ type, label, description },
    configSchema: toleranceSeconds === null ? untimedSchema : timedSchema,
    fields: toleranceSeconds === null ? fields : [...fields, toleranceField(toleranceSeconds)],
    recognizes: (headers) => recognizedBy.every((name) => headers.has(name)),
    prepare: (config) => ({
      ...rest,
      verify: createHmacVerify({
        scheme: row,
        keys: bytesOfSecrets(config),
        toleranceSeconds: config.tolerance_seconds ?? toleranceSeconds,
      }),
    }),
  };
}
