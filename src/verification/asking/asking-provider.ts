/** Creates providers that sign by HMAC and send challenges, some of which are answered with the key. */
import { z } from "zod";
import { bytesOfSecrets, secretFields, secretShape } from "../config-fields.ts";
import { createHmacProvider, type HmacConfig, type HmacRow } from "../hmac/hmac-provider.ts";
import { type Provider, refused, type Verifier } from "../provider.ts";

type Questions = Pick<Verifier, "unsignedHandshake" | "signedHandshake">;

export type AskingRow = HmacRow &
  Readonly<{
    /** Methods other than POST that challenges use. */
    handshakeMethods?: readonly string[];
    /** `key` is the current key, also during a rotation. */
    questions?: (key: Uint8Array) => Questions;
  }>;

export function createAskingProvider(row: AskingRow): Provider<HmacConfig> {
  const { handshakeMethods, questions } = row;
  const signed = createHmacProvider(row);
  return {
    ...signed,
    ...(handshakeMethods && { handshakeMethods }),
    prepare(config) {
      const [key = new Uint8Array(0)] = bytesOfSecrets(config);
      return { ...signed.prepare(config), ...questions?.(key) };
    },
  };
}

const laterSchema = z.strictObject({ ...secretShape, secret: secretShape.secret.optional() });

type LaterConfig = z.infer<typeof laterSchema>;

/**
 * Creates a provider whose secret is known only after its challenge was answered. Until then no request passes
 * verification.
 */
export function createLaterProvider(
  row: HmacRow &
    Readonly<{
      handshakeMethods?: readonly string[];
      /** Help text under the secret's form field. */
      secretHelp: string;
      /** The reason for refusing events until the secret is set. */
      unset: string;
      /** `secret` is undefined until it is set. */
      questions: (secret: string | undefined) => Questions;
    }>,
): Provider<LaterConfig> {
  const { handshakeMethods, questions, secretHelp, secretLabel, unset, eventType, duplicateId } = row;
  const signed = createHmacProvider(row);
  return {
    ...signed,
    ...(handshakeMethods && { handshakeMethods }),
    configSchema: laterSchema,
    fields: secretFields(secretLabel, secretHelp).map((field) => ({ ...field, required: false })),
    prepare({ secret, previous_secret }) {
      const verifier: Verifier =
        secret === undefined
          ? { verify: () => refused(unset), eventType, duplicateId }
          : signed.prepare({ secret, ...(previous_secret !== undefined && { previous_secret }) });
      return { ...verifier, ...questions(secret) };
    },
  };
}
