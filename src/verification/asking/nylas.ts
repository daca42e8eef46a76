/** Nylas, which shows the secret once its challenge has been answered. */

import { readerOf } from "../request-place.ts";
import { askedByGet, echo } from "./answers.ts";
import { createLaterProvider } from "./asking-provider.ts";

/** https://developer.nylas.com/docs/v3/notifications/ */
export const nylasProvider = createLaterProvider({
  type: "nylas",
  label: "Nylas",
  description:
    "Checks the signature of Nylas's requests, with the webhook's secret, and answers the challenge with which Nylas tries the URL.",
  secretLabel: "Webhook secret",
  secretHelp:
    "Nylas shows it once the URL has answered: save without it, create the webhook there, and enter it here.",
  unset: "The webhook's secret, which Nylas showed when the webhook was created, is not entered yet.",
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
