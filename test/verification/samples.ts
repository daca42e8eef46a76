/** One sample for each provider that signs by HMAC only: its key, how it signs, and its library if there is one. */
import { createHmac } from "node:crypto";
import { official } from "./official.ts";
import type { Sample, Sent, Signing } from "./sample.ts";

export const KEYS = { current: "the-key-that-is-valid", next: "the-key-that-follows", wrong: "another-key" };

type Keyed = (key: string, previous?: string) => Record<string, unknown>;

export const secrets: Keyed = (secret, previous) => ({
  secret,
  ...(previous !== undefined && { previous_secret: previous }),
});

/** Returns the HMAC of the parts in order. */
export function mac(
  options: { hash?: string; key: string | Uint8Array; encoding: "hex" | "base64" },
  ...parts: readonly (string | Uint8Array)[]
): string {
  const hmac = createHmac(options.hash ?? "sha256", options.key);
  for (const part of parts) hmac.update(part);
  return hmac.digest(options.encoding);
}

const json = (value: unknown) => JSON.stringify(value);
const seconds = (at: number) => String(Math.floor(at / 1_000));
const hex = { encoding: "hex" } as const;
const base64 = { encoding: "base64" } as const;

/** A sample of a provider that signs only the body, in one header, with further headers beside it. */
export function bodySigner(sign: (body: Uint8Array, key: string) => string, header: string, more = {}) {
  return ({ body, key }: Signing): Sent => ({ body, headers: { [header]: sign(body, key), ...more } });
}

const common = {
  keys: KEYS,
  config: secrets,
  toleranceSeconds: null,
  signsBody: true,
  body: json({ hello: "wörld" }),
};

export const HMAC_SAMPLES: readonly Sample[] = [
  {
    ...common,
    type: "bitbucket",
    sign: bodySigner((body, key) => `sha256=${mac({ ...hex, key }, body)}`, "X-Hub-Signature", {
      "X-Event-Key": "repo:push",
      "X-Request-UUID": "0e8a",
    }),
    headers: ["X-Hub-Signature"],
    signatureHeader: "X-Hub-Signature",
    eventType: "repo:push",
    duplicateId: "0e8a",
  },
  {
    ...common,
    type: "github",
    sign: bodySigner((body, key) => `sha256=${mac({ ...hex, key }, body)}`, "X-Hub-Signature-256", {
      "X-GitHub-Event": "push",
      "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    }),
    headers: ["X-Hub-Signature-256"],
    signatureHeader: "X-Hub-Signature-256",
    eventType: "push",
    duplicateId: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    ...(official.github && { official: official.github }),
  },
  {
    ...common,
    type: "meta",
    config: (key, previous) => ({ ...secrets(key, previous), verify_token: "my-token" }),
    sign: bodySigner((body, key) => `sha256=${mac({ ...hex, key }, body)}`, "X-Hub-Signature-256"),
    headers: ["X-Hub-Signature-256"],
    signatureHeader: "X-Hub-Signature-256",
    body: json({ object: "page", entry: [] }),
    eventType: "page",
    duplicateId: null,
  },
  {
    ...common,
    type: "shopify",
    sign: bodySigner((body, key) => mac({ ...base64, key }, body), "X-Shopify-Hmac-SHA256", {
      "X-Shopify-Topic": "orders/create",
      "X-Shopify-Webhook-Id": "b54557e4",
      "X-Shopify-Shop-Domain": "shop.myshopify.com",
      "X-Shopify-API-Version": "2026-01",
    }),
    headers: ["X-Shopify-Hmac-SHA256"],
    signatureHeader: "X-Shopify-Hmac-SHA256",
    eventType: "orders/create",
    duplicateId: "b54557e4",
    ...(official.shopify && { official: official.shopify }),
  },
  {
    ...common,
    type: "square",
    sign: ({ body, key, url }) => ({
      body,
      headers: { "X-Square-HmacSha256-Signature": mac({ ...base64, key }, url, body) },
    }),
    headers: ["X-Square-HmacSha256-Signature"],
    signatureHeader: "X-Square-HmacSha256-Signature",
    body: json({ type: "payment.created", event_id: "6a8f5f28" }),
    eventType: "payment.created",
    duplicateId: "6a8f5f28",
  },
  {
    ...common,
    type: "vercel",
    sign: bodySigner((body, key) => mac({ ...hex, hash: "sha1", key }, body), "X-Vercel-Signature"),
    headers: ["X-Vercel-Signature"],
    signatureHeader: "X-Vercel-Signature",
    body: json({ type: "deployment.created", id: "uev_1" }),
    eventType: "deployment.created",
    duplicateId: "uev_1",
  },
  {
    ...common,
    type: "woocommerce",
    sign: bodySigner((body, key) => mac({ ...base64, key }, body), "X-WC-Webhook-Signature", {
      "X-WC-Webhook-Topic": "order.updated",
      "X-WC-Webhook-Delivery-ID": "f39d",
    }),
    headers: ["X-WC-Webhook-Signature"],
    signatureHeader: "X-WC-Webhook-Signature",
    eventType: "order.updated",
    duplicateId: null,
  },
  {
    ...common,
    type: "twitter",
    sign: bodySigner(
      (body, key) => `sha256=${mac({ ...base64, key }, body)}`,
      "X-Twitter-Webhooks-Signature",
    ),
    headers: ["X-Twitter-Webhooks-Signature"],
    signatureHeader: "X-Twitter-Webhooks-Signature",
    body: json({ for_user_id: "1", tweet_create_events: [] }),
    eventType: "tweet_create_events",
    duplicateId: null,
  },
  {
    ...common,
    type: "zendesk",
    sign({ body, at, key }) {
      const time = new Date(at).toISOString();
      return {
        body,
        headers: {
          "X-Zendesk-Webhook-Signature": mac({ ...base64, key }, time, body),
          "X-Zendesk-Webhook-Signature-Timestamp": time,
        },
      };
    },
    headers: ["X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp"],
    signatureHeader: "X-Zendesk-Webhook-Signature",
    body: json({ type: "zen:event-type:user.created", id: "2b24" }),
    eventType: "zen:event-type:user.created",
    duplicateId: null,
  },
  {
    ...common,
    type: "twitch",
    sign({ body, at, key }) {
      const [id, time] = ["e76c6bd4", new Date(at).toISOString().replace("Z", "123456Z")];
      return {
        body,
        headers: {
          "Twitch-Eventsub-Message-Id": id,
          "Twitch-Eventsub-Message-Timestamp": time,
          "Twitch-Eventsub-Message-Type": "notification",
          "Twitch-Eventsub-Message-Signature": `sha256=${mac({ ...hex, key }, id, time, body)}`,
        },
      };
    },
    headers: [
      "Twitch-Eventsub-Message-Id",
      "Twitch-Eventsub-Message-Timestamp",
      "Twitch-Eventsub-Message-Signature",
    ],
    signatureHeader: "Twitch-Eventsub-Message-Signature",
    body: json({ subscription: { type: "channel.follow" }, event: {} }),
    eventType: "channel.follow",
    duplicateId: "e76c6bd4",
    toleranceSeconds: 600,
  },
  {
    ...common,
    type: "hmac",
    config: (key, previous) => ({
      ...secrets(key, previous),
      header: "X-Signature",
      prefix: "v9=",
      template: "{id}|{timestamp}|{url}|{body}",
      hash: "sha512",
      encoding: "base64",
      timestamp_header: "X-Time",
      id_header: "X-Id",
      tolerance_seconds: 120,
      event_type: "X-Type",
      duplicate_id: "$.data.0.id",
    }),
    sign: ({ body, at, key, url }) => ({
      body,
      headers: {
        "X-Id": "i1",
        "X-Time": String(at),
        "X-Type": "made",
        "X-Signature": `v9=${mac({ ...base64, hash: "sha512", key }, `i1|${at}|${url}|`, body)}`,
      },
    }),
    headers: ["X-Id", "X-Time", "X-Signature"],
    signatureHeader: "X-Signature",
    body: json({ data: [{ id: 7 }] }),
    eventType: "made",
    duplicateId: "7",
    toleranceSeconds: 120,
  },
  {
    ...common,
    type: "gitlab",
    sign: ({ body, key }) => ({
      body,
      headers: {
        "X-Gitlab-Token": key,
        "X-Gitlab-Event": "Push Hook",
        "X-Gitlab-Event-UUID": "13792a34",
        "Idempotency-Key": "f5e5f430",
      },
    }),
    headers: ["X-Gitlab-Token"],
    signatureHeader: "X-Gitlab-Token",
    eventType: "Push Hook",
    duplicateId: "f5e5f430",
    signsBody: false,
  },
];

export { base64, hex, json, seconds };
