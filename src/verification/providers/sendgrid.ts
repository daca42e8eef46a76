/** Verifies Twilio SendGrid's event webhook, which is signed by ECDSA. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import { decode } from "../hmac/signature.ts";
import type { Provider } from "../provider.ts";
import { createPublicKeyVerify, publicKeyFields, publicKeyShape, readKeys } from "../public-key.ts";
import { readerOf } from "../request-place.ts";

const SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature";
const TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp";

function readKey(text: string): KeyObject | null {
  const der = decode(text, "base64");
  if (der === null) return null;
  try {
    const key = createPublicKey({ key: Buffer.from(der), format: "der", type: "spki" });
    return key.asymmetricKeyType === "ec" ? key : null;
  } catch {
    return null;
  }
}

const configSchema = z.strictObject(
  publicKeyShape(readKey, "a verification key as SendGrid shows it (MFkwEw…)"),
);

export const sendgridProvider: Provider<z.infer<typeof configSchema>> = {
  type: "sendgrid",
  label: "SendGrid",
  description:
    "Checks the signature of SendGrid's event webhook with the verification key that SendGrid shows where you enable signing.",
  configSchema,
  fields: publicKeyFields("Verification key"),
  recognizes: (headers) => headers.has(SIGNATURE),
  prepare(config) {
    return {
      verify: createPublicKeyVerify({
        keys: readKeys(config, readKey),
        hash: "sha256",
        encoding: "base64",
        signatureHeader: SIGNATURE,
        timestampHeader: TIMESTAMP,
      }),
      // A request carries many events; the first gives the type.
      eventType: readerOf("$.0.event"),
      // An event that was not acknowledged comes again among others, so no sg_event_id identifies a request.
      duplicateId: () => null,
    };
  },
};
