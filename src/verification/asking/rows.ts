/** Lists the providers that sign by HMAC and send challenges: one row each, sorted by name. */
import type { BodyValues } from "../../bodies/body-values.ts";
import { hmac } from "../hmac/signature.ts";
import { readerOf, textAt, valuesOf } from "../request-place.ts";
import {
  answerJson,
  askedByGet,
  echo,
  readChallenge,
  readOpaque,
  textIn,
  valuesOfQuestion,
} from "./answers.ts";
import type { AskingRow } from "./asking-provider.ts";

const BODY_HEX = { hash: "sha256", encoding: "hex", template: "{body}" } as const;

function hexOf(key: Uint8Array, text: string): string {
  return Buffer.from(hmac("sha256", key, [text])).toString("hex");
}

export const ASKING_ROWS: readonly AskingRow[] = [
  {
    ...BODY_HEX,
    type: "dropbox",
    label: "Dropbox",
    description:
      "Checks the signature of Dropbox's requests with the app secret (App Console → Settings), and answers the challenge that Dropbox sends to check the URL.",
    secretLabel: "App secret",
    header: "X-Dropbox-Signature",
    eventType: readerOf(),
    duplicateId: readerOf(),
    recognizedBy: ["x-dropbox-signature"],
    handshakeMethods: ["GET"],
    // https://www.dropbox.com/developers/reference/webhooks
    unsignedHandshake: (request) => echo(askedByGet(request, "challenge")),
  },
  {
    type: "front",
    label: "Front",
    description:
      "Checks the signature of Front's application webhooks with the signing key shown on the webhook's setup page, and answers the challenge that Front sends to check the URL.",
    secretLabel: "Signing key",
    hash: "sha256",
    encoding: "base64",
    template: "{timestamp}:{body}",
    header: "X-Front-Signature",
    timestampHeader: "X-Front-Request-Timestamp",
    toleranceSeconds: 300,
    eventType: readerOf("$.type"),
    duplicateId: readerOf("$.payload.id"),
    recognizedBy: ["x-front-signature"],
    // https://dev.frontapp.com/docs/application-webhooks
    signedHandshake(request) {
      const isAsked = textAt(request, "type") === "sync";
      return isAsked ? echo(request.headers.get("x-front-challenge")) : null;
    },
  },
  {
    ...BODY_HEX,
    type: "smartcar",
    label: "Smartcar",
    description:
      "Checks the signature of Smartcar's requests with the application management token (Dashboard → Configuration), and answers the challenge that Smartcar sends to check the URL.",
    secretLabel: "Application management token",
    header: "SC-Signature",
    eventType: readerOf("$.eventType", "$.eventName"),
    duplicateId: readerOf("$.eventId"),
    recognizedBy: ["sc-signature"],
    questions: (key) => ({
      signedHandshake: (request) => answerSmartcar(valuesOf(request), key),
      // Smartcar does not document whether its challenge is signed.
      unsignedHandshake: (request) =>
        request.headers.has("sc-signature")
          ? null
          : answerSmartcar(valuesOfQuestion(request), key, readOpaque),
    }),
  },
  {
    type: "trello",
    label: "Trello",
    description:
      "Checks the signature of Trello's requests with the application's secret, and answers the HEAD request that Trello sends to check the URL. Trello also signs the URL, so the URL registered at Trello must begin with this gateway's BASE_URL.",
    secretLabel: "Application secret",
    hash: "sha1",
    encoding: "base64",
    // https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/#webhook-signatures
    template: "{body}{url}",
    header: "X-Trello-Webhook",
    eventType: readerOf("$.action.type"),
    duplicateId: readerOf("$.action.id"),
    recognizedBy: ["x-trello-webhook"],
    handshakeMethods: ["HEAD"],
  },
  {
    type: "zoom",
    label: "Zoom",
    description:
      "Checks the signature of Zoom's requests with the secret token from the app's Feature page, and answers the validation request that Zoom sends when the URL is saved and every 72 hours after that.",
    secretLabel: "Secret token",
    hash: "sha256",
    encoding: "hex",
    template: "v0:{timestamp}:{body}",
    header: "X-Zm-Signature",
    prefix: "v0=",
    timestampHeader: "X-Zm-Request-Timestamp",
    toleranceSeconds: 300,
    eventType: readerOf("$.event"),
    duplicateId: readerOf(),
    recognizedBy: ["x-zm-signature"],
    // https://developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint
    questions: (key) => ({
      signedHandshake(request) {
        if (textAt(request, "event") !== "endpoint.url_validation") return null;
        const plainToken = readChallenge(textAt(request, "payload.plainToken"));
        return plainToken === null
          ? null
          : answerJson({ plainToken, encryptedToken: hexOf(key, plainToken) });
      },
    }),
  },
];

/** Version 4 uses eventType and data, version 2 eventName and payload. https://smartcar.com/docs/webhooks */
function answerSmartcar(body: BodyValues | null, key: Uint8Array, read = readChallenge) {
  const isAsked = textIn(body, "eventType") === "VERIFY" || textIn(body, "eventName") === "verify";
  const challenge = read(textIn(body, "data.challenge") ?? textIn(body, "payload.challenge"));
  return isAsked && challenge !== null ? answerJson({ challenge: hexOf(key, challenge) }) : null;
}
