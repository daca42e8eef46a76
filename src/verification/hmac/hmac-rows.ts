/** Lists the providers that sign by HMAC and need no code of their own: one row each. */
import { answerSlack, answerTwitch, answerWooCommercePing } from "../handshakes.ts";
import { readerOf, readerOfBoth } from "../request-place.ts";
import { HMAC_PAIR_ROWS } from "./hmac-pair-rows.ts";
import type { HmacRow } from "./hmac-provider.ts";

const BODY_HEX = { hash: "sha256", encoding: "hex", template: "{body}" } as const;
const BODY_BASE64 = { ...BODY_HEX, encoding: "base64" } as const;

export const HMAC_ROWS: readonly HmacRow[] = [
  ...HMAC_PAIR_ROWS,
  {
    ...BODY_HEX,
    type: "bitbucket",
    label: "Bitbucket",
    description: "Checks the signature of Bitbucket's requests with the webhook's secret.",
    secretLabel: "Secret",
    header: "X-Hub-Signature",
    prefix: "sha256=",
    eventType: readerOf("X-Event-Key"),
    duplicateId: readerOf("X-Request-UUID"),
    recognizedBy: ["x-event-key", "x-hook-uuid"],
  },
  {
    ...BODY_HEX,
    type: "github",
    label: "GitHub",
    description:
      "Checks the signature of GitHub's requests with the secret set in GitHub → Settings → Webhooks.",
    secretLabel: "Secret",
    header: "X-Hub-Signature-256",
    prefix: "sha256=",
    eventType: readerOf("X-GitHub-Event"),
    duplicateId: readerOf("X-GitHub-Delivery"),
    recognizedBy: ["x-github-event"],
  },
  {
    ...BODY_HEX,
    type: "linear",
    label: "Linear",
    description:
      "Checks the signature of Linear's requests with the signing secret from the webhook's page in Linear.",
    header: "Linear-Signature",
    bodyTimestamp: "$.webhookTimestamp",
    toleranceSeconds: 60,
    eventType: readerOfBoth("$.type", "$.action"),
    duplicateId: readerOf("Linear-Delivery"),
    recognizedBy: ["linear-delivery"],
  },
  {
    ...BODY_HEX,
    // https://docs.pagerduty.com/developer/verifying-webhook-signatures
    type: "pagerduty",
    label: "PagerDuty",
    description:
      "Checks the signature of PagerDuty's V3 webhooks with the secret that PagerDuty shows when the subscription is created.",
    secretLabel: "Webhook secret",
    header: "X-PagerDuty-Signature",
    prefix: "v1=",
    eventType: readerOf("$.event.event_type"),
    duplicateId: readerOf("$.event.id"),
    recognizedBy: ["x-pagerduty-signature"],
  },
  {
    ...BODY_BASE64,
    type: "shopify",
    label: "Shopify",
    description:
      "Checks the signature of Shopify's requests with the app's client secret, or with the key from Shopify → Settings → Notifications → Webhooks.",
    secretLabel: "Client secret",
    header: "X-Shopify-Hmac-SHA256",
    eventType: readerOf("X-Shopify-Topic"),
    duplicateId: readerOf("X-Shopify-Webhook-Id"),
    recognizedBy: ["x-shopify-topic"],
  },
  {
    type: "slack",
    label: "Slack",
    description:
      "Checks the signature of Slack's requests with the signing secret from the app's Basic Information, and answers the challenge that Slack sends when the request URL is saved.",
    hash: "sha256",
    encoding: "hex",
    template: "v0:{timestamp}:{body}",
    header: "X-Slack-Signature",
    prefix: "v0=",
    timestampHeader: "X-Slack-Request-Timestamp",
    toleranceSeconds: 300,
    eventType: readerOf("$.event.type", "$.type"),
    duplicateId: readerOf("$.event_id"),
    recognizedBy: ["x-slack-signature"],
    signedHandshake: answerSlack,
  },
  {
    ...BODY_BASE64,
    type: "square",
    label: "Square",
    description:
      "Checks the signature of Square's requests with the subscription's signature key. Square also signs the URL, so the URL entered at Square must begin with this gateway's BASE_URL.",
    secretLabel: "Signature key",
    template: "{url}{body}",
    header: "X-Square-HmacSha256-Signature",
    eventType: readerOf("$.type"),
    duplicateId: readerOf("$.event_id"),
    recognizedBy: ["x-square-hmacsha256-signature"],
  },
  {
    ...BODY_BASE64,
    // https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook
    type: "teams",
    label: "Microsoft Teams",
    description:
      "Checks the signature of Teams' outgoing webhooks with the security token that Teams shows when the webhook is created. Teams posts the response to the conversation; set it in the entrypoint's settings.",
    secretLabel: "Security token",
    hasBase64Secret: true,
    header: "Authorization",
    prefix: "HMAC ",
    eventType: readerOf("$.type"),
    // A message id is unique only within its conversation.
    duplicateId: readerOf(),
    recognizedBy: ["authorization"],
  },
  {
    type: "twitch",
    label: "Twitch",
    description:
      "Checks the signature of Twitch EventSub's requests with the secret of the subscription, and answers the challenge that Twitch sends first.",
    secretLabel: "Secret",
    hash: "sha256",
    encoding: "hex",
    template: "{id}{timestamp}{body}",
    header: "Twitch-Eventsub-Message-Signature",
    prefix: "sha256=",
    idHeader: "Twitch-Eventsub-Message-Id",
    timestampHeader: "Twitch-Eventsub-Message-Timestamp",
    toleranceSeconds: 600,
    eventType: readerOf("$.subscription.type"),
    duplicateId: readerOf("Twitch-Eventsub-Message-Id"),
    recognizedBy: ["twitch-eventsub-message-id"],
    signedHandshake: answerTwitch,
  },
  {
    ...BODY_HEX,
    type: "vercel",
    label: "Vercel",
    description:
      "Checks the signature of Vercel's requests with the secret that Vercel shows when the webhook is created.",
    secretLabel: "Secret",
    hash: "sha1",
    header: "X-Vercel-Signature",
    eventType: readerOf("$.type"),
    duplicateId: readerOf("$.id"),
    recognizedBy: ["x-vercel-signature"],
  },
  {
    ...BODY_BASE64,
    type: "woocommerce",
    label: "WooCommerce",
    description:
      "Checks the signature of WooCommerce's requests with the webhook's secret from Settings → Advanced → Webhooks, and answers the ping that WooCommerce sends when a webhook is saved.",
    secretLabel: "Secret",
    header: "X-WC-Webhook-Signature",
    eventType: readerOf("X-WC-Webhook-Topic"),
    // X-WC-Webhook-Delivery-ID is a hash of the webhook and the second, so two orders within one second share it.
    duplicateId: () => null,
    recognizedBy: ["x-wc-webhook-topic"],
    unsignedHandshake: answerWooCommercePing,
  },
  {
    ...BODY_BASE64,
    type: "zendesk",
    label: "Zendesk",
    description:
      "Checks the signature of Zendesk's requests with the signing secret from the webhook's page in Zendesk.",
    template: "{timestamp}{body}",
    header: "X-Zendesk-Webhook-Signature",
    timestampHeader: "X-Zendesk-Webhook-Signature-Timestamp",
    eventType: readerOf("$.type"),
    // A trigger's body is written by an administrator; its `id` is usually the ticket's.
    duplicateId: () => null,
    recognizedBy: ["x-zendesk-webhook-signature"],
  },
];
