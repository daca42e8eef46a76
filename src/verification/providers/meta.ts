/** Verifies Meta: Facebook, Instagram and WhatsApp. */
import { z } from "zod";
import { constantTimeEqual } from "../../lib/crypto.ts";
import { echo } from "../asking/answers.ts";
import { secret, secretShape } from "../config-fields.ts";
import { createHmacProvider } from "../hmac/hmac-provider.ts";
import {
  type HandshakeAnswer,
  type Provider,
  type ReceivedRequest,
  type Refusal,
  refused,
} from "../provider.ts";
import { readerOf } from "../request-place.ts";

const signed = createHmacProvider({
  type: "meta",
  label: "Meta",
  description:
    "Checks the signature of requests from Facebook, Instagram and WhatsApp with the app secret (App settings → Basic), and answers the verification request that Meta sends when the callback URL is saved.",
  secretLabel: "App secret",
  hash: "sha256",
  encoding: "hex",
  template: "{body}",
  header: "X-Hub-Signature-256",
  prefix: "sha256=",
  eventType: readerOf("$.object"),
  duplicateId: readerOf(),
  recognizedBy: ["x-hub-signature-256"],
});

const configSchema = z.strictObject({
  ...secretShape,
  verify_token: secret
    .optional()
    .describe("The verify token that Meta sends when it verifies the callback URL."),
});

export const metaProvider: Provider<z.infer<typeof configSchema>> = {
  ...signed,
  configSchema,
  fields: [
    ...signed.fields,
    {
      name: "verify_token",
      label: "Verify token",
      kind: "password",
      secret: true,
      help: "Choose any text. Enter the same text at Meta next to the callback URL.",
    },
  ],
  handshakeMethods: ["GET"],
  prepare: (config) => ({
    ...signed.prepare(config),
    unsignedHandshake: (request) => answer(request, config.verify_token),
  }),
};

/** https://developers.facebook.com/docs/graph-api/webhooks/getting-started */
function answer(
  { method, query }: ReceivedRequest,
  token: string | undefined,
): HandshakeAnswer | Refusal | null {
  if (method !== "GET") return null;
  const asked = new URLSearchParams(query);
  if (asked.get("hub.mode") !== "subscribe") return null;
  if (token === undefined)
    return refused("Meta sent a verification request, but no verify token is set here.");
  if (!constantTimeEqual(asked.get("hub.verify_token") ?? "", token))
    return refused("Meta's verify token does not match. Check that both sides have the same one.");
  return echo(asked.get("hub.challenge"));
}
