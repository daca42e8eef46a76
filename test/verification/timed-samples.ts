/** Samples of providers whose signatures come with a timestamp, or with more than a signature in one header. */
import { Webhook as StandardWebhook } from "standardwebhooks";
import Stripe from "stripe";
import { Webhook as SvixWebhook } from "svix";
import { official } from "./official.ts";
import { PAIR_SAMPLES } from "./pair-samples.ts";
import type { Sample } from "./sample.ts";
import { hex, json, KEYS, mac, seconds, secrets } from "./samples.ts";

const stripe = new Stripe("sk_test_not_used");
const decoder = new TextDecoder();

const common = { keys: KEYS, config: secrets, signsBody: true, toleranceSeconds: 300 };

const WHSEC = {
  current: `whsec_${Buffer.alloc(24, 1).toString("base64")}`,
  next: `whsec_${Buffer.alloc(32, 2).toString("base64")}`,
  wrong: `whsec_${Buffer.alloc(24, 3).toString("base64")}`,
};

export const TIMED_SAMPLES: readonly Sample[] = [
  ...PAIR_SAMPLES,
  {
    ...common,
    type: "stripe",
    sign({ body, at, key }) {
      const signature = mac({ ...hex, key }, `${seconds(at)}.`, body);
      return { body, headers: { "Stripe-Signature": `t=${seconds(at)},v0=6ffbb59b,v1=${signature}` } };
    },
    headers: ["Stripe-Signature"],
    signatureHeader: "Stripe-Signature",
    body: json({ id: "evt_1", object: "event", type: "charge.succeeded" }),
    eventType: "charge.succeeded",
    duplicateId: "evt_1",
    ...(official.stripe && { official: official.stripe }),
  },
  {
    ...common,
    type: "slack",
    sign: ({ body, at, key }) => ({
      body,
      headers: {
        "X-Slack-Request-Timestamp": seconds(at),
        "X-Slack-Signature": `v0=${mac({ ...hex, key }, `v0:${seconds(at)}:`, body)}`,
      },
    }),
    headers: ["X-Slack-Request-Timestamp", "X-Slack-Signature"],
    signatureHeader: "X-Slack-Signature",
    body: json({ type: "event_callback", event_id: "Ev08", event: { type: "app_mention" } }),
    eventType: "app_mention",
    duplicateId: "Ev08",
    ...(official.slack && { official: official.slack }),
  },
  {
    ...common,
    type: "paddle",
    sign({ body, at, key }) {
      const signature = mac({ ...hex, key }, `${seconds(at)}:`, body);
      return { body, headers: { "Paddle-Signature": `ts=${seconds(at)};h1=${signature}` } };
    },
    headers: ["Paddle-Signature"],
    signatureHeader: "Paddle-Signature",
    body: json({ event_type: "transaction.completed", event_id: "evt_01" }),
    eventType: "transaction.completed",
    duplicateId: "evt_01",
    ...(official.paddle && { official: official.paddle }),
  },
  {
    ...common,
    type: "linear",
    // The timestamp is in the body, so a body without one is refused.
    sign({ body, at, key }) {
      const text = decoder.decode(body).replace('"webhookTimestamp":0', `"webhookTimestamp":${at}`);
      const timed = text.includes('"webhookTimestamp"') ? new TextEncoder().encode(text) : body;
      return {
        body: timed,
        headers: { "Linear-Signature": mac({ ...hex, key }, timed), "Linear-Delivery": "234d1a4e" },
      };
    },
    headers: ["Linear-Signature"],
    signatureHeader: "Linear-Signature",
    body: json({ action: "create", type: "Issue", webhookTimestamp: 0 }),
    eventType: "Issue.create",
    duplicateId: "234d1a4e",
    toleranceSeconds: 60,
    refusesEmpty: true,
    ...(official.linear && { official: official.linear }),
  },
  {
    ...common,
    type: "standard-webhooks",
    keys: WHSEC,
    sign({ body, at, key }) {
      const bytes = Buffer.from(key.slice("whsec_".length), "base64");
      const signature = mac({ encoding: "base64", key: bytes }, `msg_1.${seconds(at)}.`, body);
      return {
        body,
        headers: {
          "webhook-id": "msg_1",
          "webhook-timestamp": seconds(at),
          "webhook-signature": `v1,${signature}`,
        },
      };
    },
    headers: ["webhook-id", "webhook-timestamp", "webhook-signature"],
    signatureHeader: "webhook-signature",
    body: json({ type: "user.created" }),
    eventType: "user.created",
    duplicateId: "msg_1",
    ...(official["standard-webhooks"] && { official: official["standard-webhooks"] }),
  },
];

/** The same providers, signed by their own libraries. */
export const SIGNED_BY_LIBRARIES: readonly Readonly<{
  name: string;
  type: string;
  key: string;
  sign: (body: string, at: Date) => Promise<Record<string, string>>;
}>[] = [
  {
    name: "stripe",
    type: "stripe",
    key: "whsec_test",
    sign: async (payload, at) => ({
      "stripe-signature": await stripe.webhooks.generateTestHeaderStringAsync({
        payload,
        secret: "whsec_test",
        timestamp: Math.floor(at.getTime() / 1_000),
      }),
    }),
  },
  {
    name: "standardwebhooks",
    type: "standard-webhooks",
    key: WHSEC.current,
    sign: async (payload, at) => ({
      "webhook-id": "msg_2",
      "webhook-timestamp": seconds(at.getTime()),
      "webhook-signature": new StandardWebhook(WHSEC.current).sign("msg_2", at, payload),
    }),
  },
  {
    name: "svix",
    type: "standard-webhooks",
    key: WHSEC.next,
    sign: async (payload, at) => ({
      "svix-id": "msg_3",
      "svix-timestamp": seconds(at.getTime()),
      "svix-signature": new SvixWebhook(WHSEC.next).sign("msg_3", at, payload),
    }),
  },
];
