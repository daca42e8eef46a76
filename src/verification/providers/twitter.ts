/** Verifies the Account Activity API of X (formerly Twitter). */
import { answerJson, askedByGet, readOpaque } from "../asking/answers.ts";
import { bytesOfSecrets } from "../config-fields.ts";
import { createHmacProvider, type HmacConfig } from "../hmac/hmac-provider.ts";
import { hmac } from "../hmac/signature.ts";
import type { Provider, ReceivedRequest } from "../provider.ts";
import { readerOf, valuesOf } from "../request-place.ts";

const signed = createHmacProvider({
  type: "twitter",
  label: "X (Twitter)",
  description:
    "Checks the signature of X's requests with the app's consumer secret (API key secret), and answers the challenges that X sends to check the URL.",
  secretLabel: "Consumer secret",
  hash: "sha256",
  encoding: "base64",
  template: "{body}",
  header: "X-Twitter-Webhooks-Signature",
  prefix: "sha256=",
  eventType,
  duplicateId: readerOf(),
  recognizedBy: ["x-twitter-webhooks-signature"],
});

export const twitterProvider: Provider<HmacConfig> = {
  ...signed,
  handshakeMethods: ["GET"],
  prepare(config) {
    const [key = new Uint8Array(0)] = bytesOfSecrets(config);
    return {
      ...signed.prepare(config),
      unsignedHandshake(request) {
        // X signs events with the same key, so text that could be an event is never signed for an unverified sender.
        const token = readOpaque(askedByGet(request, "crc_token"));
        if (token === null) return null;
        const response = Buffer.from(hmac("sha256", key, [token])).toString("base64");
        return answerJson({ response_token: `sha256=${response}` });
      },
    };
  },
};

/** Bodies have no type field; the name of their only event list serves as one: "tweet_create_events". */
function eventType(request: ReceivedRequest): string | null {
  for (const name of valuesOf(request).names()) if (/^\w{1,80}_events?$/.test(name)) return name;
  return null;
}
