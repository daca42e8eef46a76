/** The providers that sign by HMAC and need nothing else: each is its row of this table. */
import { z } from "zod";
import {
  bytesOfSecrets,
  secretFields,
  secretShape,
  toleranceField,
  toleranceSeconds as toleranceSchema,
} from "./config-fields.ts";
import { createHmacVerify, type HmacScheme } from "./hmac-scheme.ts";
import type { Provider, Verifier } from "./provider.ts";
import { readerOf } from "./request-place.ts";

type Row = HmacScheme &
  Readonly<{
    type: string;
    label: string;
    description: string;
    secretLabel?: string;
    secretHelp?: string;
    /** How far the signed time may be away from now, unless the entrypoint says otherwise. */
    toleranceSeconds?: number;
    /** Where these stand: a header's name, or "$." and a path in the JSON body. */
    eventType: string;
    duplicateId?: string;
    /** A request that has all of these headers looks like this provider's. */
    recognizedBy: readonly string[];
    signedHandshake?: NonNullable<Verifier["signedHandshake"]>;
  }>;

const ROWS: readonly Row[] = [
  {
    type: "github",
    label: "GitHub",
    description:
      "Checks GitHub's signature of each request. The secret is the one that you enter under Settings → Webhooks.",
    secretLabel: "Secret",
    hash: "sha256",
    encoding: "hex",
    header: "X-Hub-Signature-256",
    prefix: "sha256=",
    template: "{body}",
    eventType: "X-GitHub-Event",
    duplicateId: "X-GitHub-Delivery",
    recognizedBy: ["x-github-event"],
  },
];

const untimedSchema = z.strictObject(secretShape);
const timedSchema = z.strictObject({ ...secretShape, tolerance_seconds: toleranceSchema.optional() });
type Config = z.infer<typeof timedSchema>;

export const hmacProviders: readonly Provider<Config>[] = ROWS.map((row) => {
  const { type, label, description, secretLabel, secretHelp, toleranceSeconds = null, recognizedBy } = row;
  const fields = secretFields(secretLabel, secretHelp);
  const eventType = readerOf(row.eventType);
  const duplicateId = row.duplicateId === undefined ? () => null : readerOf(row.duplicateId);
  return {
    ...{ type, label, description },
    configSchema: toleranceSeconds === null ? untimedSchema : timedSchema,
    fields: toleranceSeconds === null ? fields : [...fields, toleranceField(toleranceSeconds)],
    recognizes: (headers) => recognizedBy.every((name) => headers.has(name)),
    prepare: (config) => ({
      verify: createHmacVerify({
        scheme: row,
        keys: bytesOfSecrets(config),
        toleranceSeconds: config.tolerance_seconds ?? toleranceSeconds,
      }),
      ...(row.signedHandshake && { signedHandshake: row.signedHandshake }),
      ...{ eventType, duplicateId },
    }),
  };
});
