/**
 * Lists the providers that sign timestamp and body, and send both in one header of pairs ("t=1,v1=…"). Sorted by name.
 */

import { readerOf } from "../request-place.ts";
import type { HmacRow } from "./hmac-provider.ts";

const PAIRS = {
  hash: "sha256",
  encoding: "hex",
  template: "{timestamp}.{body}",
  signatureKeys: ["v1"],
  timestampKey: "t",
  toleranceSeconds: 300,
} as const;

export const HMAC_PAIR_ROWS: readonly HmacRow[] = [
  {
    ...PAIRS,
    // https://developer.calendly.com/api-docs/overview/webhooks/webhook-signatures
    type: "calendly",
    label: "Calendly",
    description:
      "Checks the signature of Calendly's requests with the signing key of the webhook subscription or of the OAuth app.",
    secretLabel: "Webhook signing key",
    header: "Calendly-Webhook-Signature",
    eventType: readerOf("$.event"),
    // Bodies contain the invitee's id, not an event id.
    duplicateId: readerOf(),
    recognizedBy: ["calendly-webhook-signature"],
  },
  {
    ...PAIRS,
    // https://elevenlabs.io/docs/eleven-agents/workflows/post-call-webhooks
    type: "elevenlabs",
    label: "ElevenLabs",
    description:
      "Checks the signature of ElevenLabs' requests with the secret that ElevenLabs shows when the webhook is created.",
    secretLabel: "Webhook secret",
    header: "ElevenLabs-Signature",
    signatureKeys: ["v0"],
    // The tolerance of ElevenLabs' own library.
    toleranceSeconds: 1_800,
    eventType: readerOf("$.type"),
    // Several types of event share one conversation id.
    duplicateId: readerOf(),
    recognizedBy: ["elevenlabs-signature"],
  },
  {
    ...PAIRS,
    // https://docs.knock.app/developer-tools/outbound-webhooks
    type: "knock",
    label: "Knock",
    description:
      "Checks the signature of Knock's requests with the signing key from the webhook's page in Knock.",
    secretLabel: "Signing key",
    encoding: "base64",
    header: "X-Knock-Signature",
    signatureKeys: ["s"],
    eventType: readerOf("X-Knock-Event", "$.type"),
    duplicateId: readerOf(),
    recognizedBy: ["x-knock-signature"],
  },
  {
    ...PAIRS,
    // https://www.mux.com/docs/core/verify-webhook-signatures
    type: "mux",
    label: "Mux",
    description:
      "Checks the signature of Mux's requests with the signing secret from Mux → Settings → Webhooks.",
    header: "Mux-Signature",
    eventType: readerOf("$.type"),
    duplicateId: readerOf("$.id"),
    recognizedBy: ["mux-signature"],
  },
  {
    ...PAIRS,
    type: "paddle",
    label: "Paddle",
    description:
      "Checks the signature of Paddle's requests with the secret key from Paddle → Notifications → the destination.",
    secretLabel: "Secret key",
    template: "{timestamp}:{body}",
    header: "Paddle-Signature",
    separator: ";",
    signatureKeys: ["h1"],
    timestampKey: "ts",
    // Paddle recommends 5 s, which a queue or a clock that is a few seconds off would exceed.
    toleranceSeconds: 300,
    eventType: readerOf("$.event_type"),
    duplicateId: readerOf("$.event_id"),
    recognizedBy: ["paddle-signature"],
  },
  {
    ...PAIRS,
    // https://docs.withpersona.com/docs/best-practices
    type: "persona",
    label: "Persona",
    description:
      "Checks the signature of Persona's requests with the webhook's secret (wbhsec_…) from Persona → Integration → Webhooks. During a rotation either secret works.",
    secretLabel: "Webhook secret",
    header: "Persona-Signature",
    eventType: readerOf("$.data.attributes.name"),
    duplicateId: readerOf("$.data.id"),
    recognizedBy: ["persona-signature"],
  },
  {
    ...PAIRS,
    type: "stripe",
    label: "Stripe",
    description:
      "Checks the signature of Stripe's requests with the signing secret (whsec_…) from Stripe → Webhooks.",
    header: "Stripe-Signature",
    eventType: readerOf("$.type"),
    duplicateId: readerOf("$.id"),
    recognizedBy: ["stripe-signature"],
  },
  {
    ...PAIRS,
    // https://developers.tiktok.com/doc/webhooks-verification
    type: "tiktok",
    label: "TikTok",
    description:
      "Checks the signature of TikTok for Developers' requests with the app's client secret. TikTok Shop signs differently: use HMAC for it.",
    secretLabel: "Client secret",
    header: "TikTok-Signature",
    signatureKeys: ["s"],
    eventType: readerOf("$.event"),
    duplicateId: readerOf(),
    recognizedBy: ["tiktok-signature"],
  },
  {
    ...PAIRS,
    // https://workos.com/docs/events/data-syncing/webhooks
    type: "workos",
    label: "WorkOS",
    description:
      "Checks the signature of WorkOS' requests with the secret from the webhook's page in WorkOS.",
    secretLabel: "Webhook secret",
    header: "WorkOS-Signature",
    eventType: readerOf("$.event"),
    duplicateId: readerOf("$.id"),
    recognizedBy: ["workos-signature"],
  },
];
