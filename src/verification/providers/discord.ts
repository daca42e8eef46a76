/** Verifies Discord's interactions and webhook events, which are signed by ed25519. */
import { z } from "zod";
import { readEd25519Key } from "../ed25519.ts";
import { answerDiscord } from "../handshakes.ts";
import type { Provider } from "../provider.ts";
import { createPublicKeyVerify, publicKeyFields, publicKeyShape, readKeys } from "../public-key.ts";
import { readerOf } from "../request-place.ts";

const SIGNATURE = "X-Signature-Ed25519";
const TIMESTAMP = "X-Signature-Timestamp";

const readKey = (text: string) => readEd25519Key(text, "hex");
const configSchema = z.strictObject(publicKeyShape(readKey, "a public key of 64 hexadecimal digits"));

export const discordProvider: Provider<z.infer<typeof configSchema>> = {
  type: "discord",
  label: "Discord",
  description:
    "Checks the signature of Discord's requests with the public key from the application's General Information, and answers the pings that Discord sends to check the URL.",
  configSchema,
  fields: publicKeyFields("Public key"),
  recognizes: (headers) => headers.has(SIGNATURE),
  prepare(config) {
    return {
      verify: createPublicKeyVerify({
        keys: readKeys(config, readKey),
        hash: null,
        encoding: "hex",
        signatureHeader: SIGNATURE,
        timestampHeader: TIMESTAMP,
      }),
      signedHandshake: answerDiscord,
      eventType: readerOf("$.event.type", "$.type"),
      duplicateId: readerOf("$.id"),
    };
  },
};
