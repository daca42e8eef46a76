/** Verifies PayPal, which signs by RSA with a certificate that each request names. */
import { z } from "zod";
import { decode } from "../hmac/signature.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";
import { isSignedBy } from "../public-key.ts";
import type { SigningCertificates } from "../public-keys/signing-certificates.ts";
import { missing, wrongSignature } from "../refusals.ts";
import { readerOf } from "../request-place.ts";

const HEADERS = {
  id: "PAYPAL-TRANSMISSION-ID",
  time: "PAYPAL-TRANSMISSION-TIME",
  signature: "PAYPAL-TRANSMISSION-SIG",
  certificate: "PAYPAL-CERT-URL",
  algorithm: "PAYPAL-AUTH-ALGO",
} as const;
const ALGORITHM = "SHA256withRSA";

const webhookId = z.string().trim().min(1).max(100);
const configSchema = z.strictObject({
  webhook_id: webhookId,
  previous_webhook_id: webhookId.optional(),
});

/** https://developer.paypal.com/api/rest/webhooks/rest/ */
export function createPayPalProvider(deps: {
  certificates: SigningCertificates;
}): Provider<z.infer<typeof configSchema>> {
  return {
    type: "paypal",
    label: "PayPal",
    description:
      "Checks the signature of PayPal's requests with the certificate fetched from paypal.com. PayPal also signs the webhook ID, shown next to the webhook on the app's page at PayPal.",
    configSchema,
    fields: [
      { name: "webhook_id", label: "Webhook ID", kind: "text", required: true },
      {
        name: "previous_webhook_id",
        label: "Previous webhook ID",
        kind: "text",
        help: "Requests of this webhook are accepted too. Use it while you replace the webhook.",
      },
    ],
    recognizes: (headers) => headers.has(HEADERS.signature),
    prepare({ webhook_id: current, previous_webhook_id: previous }) {
      const ids = previous === undefined ? [current] : [current, previous];
      const find = deps.certificates.openFinder();
      return {
        async verify({ headers, body, receivedAt, remoteAddress }) {
          const absent = Object.values(HEADERS).find((name) => !headers.has(name));
          if (absent !== undefined) return missing(absent);
          const given = (name: string) => headers.get(name) ?? "";
          if (given(HEADERS.algorithm) !== ALGORITHM)
            return refused(`The header ${HEADERS.algorithm} must be ${ALGORITHM}.`);
          const signature = decode(given(HEADERS.signature), "base64");
          if (signature === null)
            return refused(
              `The header ${HEADERS.signature} does not contain a signature in the expected format.`,
            );
          const trusted = await find({ url: given(HEADERS.certificate), remoteAddress });
          if (trusted === null || receivedAt < trusted.validFrom || receivedAt > trusted.validTo)
            return refused(
              `The header ${HEADERS.certificate} does not point to a trusted PayPal certificate.`,
            );
          const checksum = Bun.hash.crc32(body);
          const isRight = ids.some((id) =>
            isSignedBy({
              keys: [trusted.key],
              hash: "sha256",
              parts: [`${given(HEADERS.id)}|${given(HEADERS.time)}|${id}|${checksum}`],
              signature,
            }),
          );
          if (!isRight) return wrongSignature();
          trusted.proveRight();
          return ACCEPTED;
        },
        eventType: readerOf("$.event_type"),
        duplicateId: readerOf("$.id"),
      };
    },
  };
}
