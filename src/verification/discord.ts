/** Discord: interactions and webhook events, signed by ed25519. */
import { z } from "zod";
import { readEd25519Key } from "./ed25519.ts";
import { answerDiscord } from "./handshakes.ts";
import { ACCEPTED, type Provider, refused } from "./provider.ts";
import { isSignedBy, publicKeyFields, publicKeyShape, readKeys } from "./public-key.ts";
import { missing, wrongSignature } from "./refusals.ts";
import { readerOf } from "./request-place.ts";
import { decode } from "./signature.ts";

const SIGNATURE = "X-Signature-Ed25519";
const TIMESTAMP = "X-Signature-Timestamp";
const SIGNATURE_BYTES = 64;

const readKey = (text: string) => readEd25519Key(text, "hex");
const configSchema = z.strictObject(publicKeyShape(readKey, "a public key of 64 hexadecimal digits"));

export const discordProvider: Provider<z.infer<typeof configSchema>> = {
  type: "discord",
  label: "Discord",
  description:
    "Checks the signature of Discord's requests, with the public key of the application's General Information, and answers the pings by which Discord tries the URL.",
  configSchema,
  fields: publicKeyFields("Public key"),
  recognizes: (headers) => headers.has(SIGNATURE),
  prepare(config) {
    const keys = readKeys(config, readKey);
    return {
      verify({ headers, body }) {
        const given = headers.get(SIGNATURE);
        const timestamp = headers.get(TIMESTAMP);
        if (given === null) return missing(SIGNATURE);
        if (timestamp === null) return missing(TIMESTAMP);
        const signature = decode(given, "hex");
        if (signature?.byteLength !== SIGNATURE_BYTES)
          return refused(`The header ${SIGNATURE} does not hold a signature in its form.`);
        const isRight = isSignedBy({ keys, hash: null, parts: [timestamp, body], signature });
        return isRight ? ACCEPTED : wrongSignature();
      },
      signedHandshake: answerDiscord,
      eventType: readerOf("$.event.type", "$.type"),
      duplicateId: readerOf("$.id"),
    };
  },
};
