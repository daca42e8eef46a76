/** Verifies requests with the providers' own libraries. */

import { LinearWebhookClient } from "@linear/sdk/webhooks";
import { verify as verifyGitHub } from "@octokit/webhooks-methods";
import { Paddle } from "@paddle/paddle-node-sdk";
import { EventWebhook } from "@sendgrid/eventwebhook";
import "@shopify/shopify-api/adapters/web-api";
import { ApiVersion, shopifyApi } from "@shopify/shopify-api";
import { isValidSlackRequest } from "@slack/bolt";
import { verifyKey } from "discord-interactions";
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import twilio from "twilio";
import type { Sample, Sent } from "./sample.ts";

type Official = NonNullable<Sample["official"]>;

const text = ({ body }: Sent) => new TextDecoder().decode(body);

/** Some libraries throw instead of returning false. */
function orFalse(check: () => unknown): boolean {
  try {
    return Boolean(check() ?? true);
  } catch {
    return false;
  }
}

const stripe = new Stripe("sk_test_not_used");

export const official: Readonly<Record<string, Official>> = {
  github: (sent, { key }) => verifyGitHub(key, text(sent), sent.headers["X-Hub-Signature-256"] ?? ""),
  stripe: (sent, { key }) =>
    stripe.webhooks.constructEventAsync(text(sent), sent.headers["Stripe-Signature"] ?? "", key).then(
      () => true,
      () => false,
    ),
  slack: (sent, { key }) =>
    isValidSlackRequest({
      signingSecret: key,
      body: text(sent),
      headers: {
        "x-slack-signature": sent.headers["X-Slack-Signature"] ?? "",
        "x-slack-request-timestamp": Number(sent.headers["X-Slack-Request-Timestamp"]),
      },
    }),
  async shopify(sent, { key }) {
    const { webhooks } = shopifyApi({
      apiKey: "key",
      apiSecretKey: key,
      hostName: "hooks.example",
      isEmbeddedApp: false,
      apiVersion: ApiVersion.January26,
      logger: { log: () => undefined },
    });
    const rawRequest = new Request("https://hooks.example/", { method: "POST", headers: sent.headers });
    const { valid } = await webhooks.validate({ rawBody: text(sent), rawRequest });
    return valid;
  },
  discord: (sent, { key }) =>
    verifyKey(
      sent.body,
      sent.headers["X-Signature-Ed25519"] ?? "",
      sent.headers["X-Signature-Timestamp"] ?? "",
      key,
    ),
  paddle: (sent, { key }) =>
    new Paddle("not-used").webhooks.isSignatureValid(text(sent), key, sent.headers["Paddle-Signature"] ?? ""),
  linear: (sent, { key }) =>
    orFalse(() =>
      new LinearWebhookClient(key).verify(Buffer.from(sent.body), sent.headers["Linear-Signature"] ?? ""),
    ),
  sendgrid(sent, { key }) {
    const own = new EventWebhook();
    return own.verifySignature(
      own.convertPublicKeyToECDSA(key),
      Buffer.from(sent.body),
      sent.headers["X-Twilio-Email-Event-Webhook-Signature"] ?? "",
      sent.headers["X-Twilio-Email-Event-Webhook-Timestamp"] ?? "",
    );
  },
  twilio: (sent, { key, url }) =>
    twilio.validateRequest(
      key,
      sent.headers["X-Twilio-Signature"] ?? "",
      url,
      Object.fromEntries(new URLSearchParams(text(sent))),
    ),
  svix: (sent, { key }) => orFalse(() => new SvixWebhook(key).verify(text(sent), { ...sent.headers })),
  "standard-webhooks": (sent, { key }) =>
    orFalse(() => new StandardWebhook(key).verify(text(sent), { ...sent.headers })),
};
