/** Verifies Nylas, which shows the secret only after its challenge was answered. */

import { readerOf } from "../request-place.ts";
import { askedByGet, echo } from "./answers.ts";
import { createLaterProvider } from "./asking-provider.ts";

/** https://developer.nylas.com/docs/v3/notifications/ */
export const nylasProvider = createLaterProvider({
  type: "nylas",
  label: "Nylas",
  description:
    "Checks the signature of Nylas's requests with the webhook's secret, and answers the challenge that Nylas sends to check the URL.",
  secretLabel: "Webhook secret",
  secretHelp:
    "Nylas shows it after the URL has answered the challenge. Save without it, create the webhook at Nylas, then enter it here.",
  unset: "The webhook secret is not set yet. Enter the one that Nylas showed when the webhook was created.",
  hash: "sha256",
  encoding: "hex",
  template: "{body}",
  header: "X-Nylas-Signature",
  eventType: readerOf("$.type"),
  duplicateId: readerOf("$.id"),
  recognizedBy: ["x-nylas-signature"],
  handshakeMethods: ["GET"],
  questions: () => ({ unsignedHandshake: (request) => echo(askedByGet(request, "challenge")) }),
});
