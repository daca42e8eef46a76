/** Makes a provider that signs by HMAC and asks questions, of which some are answered with the key. */
import { z } from "zod";
import { bytesOfSecrets, secretFields, secretShape } from "../config-fields.ts";
import { createHmacProvider, type HmacConfig, type HmacRow } from "../hmac/hmac-provider.ts";
import { type Provider, refused, type Verifier } from "../provider.ts";

type Questions = Pick<Verifier, "unsignedHandshake" | "signedHandshake">;

export type AskingRow = HmacRow &
  Readonly<{
    /** Methods beside POST that its questions come with. */
    handshakeMethods?: readonly string[];
    /** `key` is the current one, also while it replaces another. */
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

/** For providers whose secret is known only once their question has been answered: until then nothing is verified. */
export function createLaterProvider(
  row: HmacRow &
    Readonly<{
      handshakeMethods?: readonly string[];
      /** Beside the secret's field in the form. */
      secretHelp: string;
      /** Why an event is refused while there is no secret. */
      unset: string;
      /** `secret` is undefined while there is none. */
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
