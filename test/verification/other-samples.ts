/** Samples of providers that sign by public keys, sign something other than the body, or do not sign. */
import { createHash, generateKeyPairSync, type KeyObject, randomUUID, sign as signBy } from "node:crypto";
import twilio from "twilio";
import { official } from "./official.ts";
import type { Sample } from "./sample.ts";
import { base64, hex, json, KEYS, mac, seconds, secrets } from "./samples.ts";

const decoder = new TextDecoder();

/** Key pairs by their public key, as providers show it. */
const privateKeys = new Map<string, KeyObject>();

function privateKeyOf(publicKey: string): KeyObject {
  const key = privateKeys.get(publicKey);
  if (!key) throw new Error("no such key pair");
  return key;
}

function newEd25519(encoding: "hex" | "base64"): string {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const text = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString(encoding);
  privateKeys.set(text, privateKey);
  return text;
}

function newEcdsa(): string {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const text = publicKey.export({ format: "der", type: "spki" }).toString("base64");
  privateKeys.set(text, privateKey);
  return text;
}

const threeOf = (make: () => string) => ({ current: make(), next: make(), wrong: make() });

const publicKeys = (key: string, previous?: string) => ({
  public_key: key,
  ...(previous !== undefined && { previous_public_key: previous }),
});

const joined = (...parts: readonly (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));

const plain = { keys: KEYS, config: secrets, toleranceSeconds: null, signsBody: false };

export const OTHER_SAMPLES: readonly Sample[] = [
  {
    ...plain,
    type: "discord",
    keys: threeOf(() => newEd25519("hex")),
    config: publicKeys,
    isPublic: true,
    signsBody: true,
    sign({ body, at, key }) {
      const signature = signBy(null, joined(seconds(at), body), privateKeyOf(key)).toString("hex");
      return { body, headers: { "X-Signature-Ed25519": signature, "X-Signature-Timestamp": seconds(at) } };
    },
    headers: ["X-Signature-Ed25519", "X-Signature-Timestamp"],
    signatureHeader: "X-Signature-Ed25519",
    body: json({ type: 1, event: { type: "APPLICATION_AUTHORIZED" } }),
    eventType: "APPLICATION_AUTHORIZED",
    duplicateId: null,
    ...(official.discord && { official: official.discord }),
  },
  {
    ...plain,
    type: "sendgrid",
    keys: threeOf(newEcdsa),
    config: publicKeys,
    isPublic: true,
    signsBody: true,
    sign({ body, at, key }) {
      const signature = signBy("sha256", joined(seconds(at), body), privateKeyOf(key)).toString("base64");
      return {
        body,
        headers: {
          "X-Twilio-Email-Event-Webhook-Signature": signature,
          "X-Twilio-Email-Event-Webhook-Timestamp": seconds(at),
        },
      };
    },
    headers: ["X-Twilio-Email-Event-Webhook-Signature", "X-Twilio-Email-Event-Webhook-Timestamp"],
    signatureHeader: "X-Twilio-Email-Event-Webhook-Signature",
    body: json([{ event: "open", sg_event_id: "ZGVs" }]),
    eventType: "open",
    duplicateId: null,
    ...(official.sendgrid && { official: official.sendgrid }),
  },
  {
    ...plain,
    type: "standard-webhooks",
    keys: threeOf(() => {
      const key = newEd25519("base64");
      privateKeys.set(`whpk_${key}`, privateKeyOf(key));
      return `whpk_${key}`;
    }),
    signsBody: true,
    toleranceSeconds: 300,
    sign({ body, at, key }) {
      const signed = joined(`msg_1.${seconds(at)}.`, body);
      const signature = signBy(null, signed, privateKeyOf(key)).toString("base64");
      const own = { "webhook-id": "msg_1", "webhook-timestamp": seconds(at) };
      return { body, headers: { ...own, "webhook-signature": `v1a,${signature}` } };
    },
    headers: ["webhook-id", "webhook-timestamp", "webhook-signature"],
    signatureHeader: "webhook-signature",
    body: json({ type: "user.created" }),
    eventType: "user.created",
    duplicateId: "msg_1",
  },
  {
    ...plain,
    type: "twilio",
    signsBody: true,
    signsText: true,
    sign({ body, key, url }) {
      const params = Object.fromEntries(new URLSearchParams(decoder.decode(body)));
      return {
        body,
        headers: {
          "Content-Type": "application/x-www-form-urlencoded",
          "X-Twilio-Signature": twilio.getExpectedTwilioSignature(key, url, params),
          "I-Twilio-Idempotency-Token": "e2f9a9b1",
        },
      };
    },
    headers: ["X-Twilio-Signature"],
    signatureHeader: "X-Twilio-Signature",
    body: "To=%2B1503&From=%2B1415&Body=Hello+w%C3%B6rld&CallSid=CA1",
    eventType: null,
    duplicateId: "e2f9a9b1",
    ...(official.twilio && { official: official.twilio }),
  },
  {
    ...plain,
    type: "mailgun",
    toleranceSeconds: 300,
    refusesEmpty: true,
    sign({ body, at, key }) {
      const [timestamp, token] = [seconds(at), randomUUID()];
      const signature = { timestamp, token, signature: mac({ ...hex, key }, timestamp, token) };
      const text = decoder.decode(body).replace('"signature":{}', `"signature":${json(signature)}`);
      return { body: new TextEncoder().encode(text), headers: {} };
    },
    headers: [],
    signatureHeader: null,
    body: '{"signature":{},"event-data":{"event":"opened","id":"CPgfbmQMTCKtHW6uIWtuVe"}}',
    eventType: "opened",
    duplicateId: "CPgfbmQMTCKtHW6uIWtuVe",
  },
  {
    ...plain,
    type: "microsoft-graph",
    refusesEmpty: true,
    sign({ body, key }) {
      const text = decoder.decode(body).replaceAll('"clientState":""', `"clientState":${json(key)}`);
      return { body: new TextEncoder().encode(text), headers: {} };
    },
    headers: [],
    signatureHeader: null,
    body: '{"value":[{"clientState":"","changeType":"created"},{"clientState":"","changeType":"updated"}]}',
    eventType: "created",
    duplicateId: null,
  },
  {
    ...plain,
    type: "okta",
    sign: ({ body, key }) => ({ body, headers: { Authorization: key } }),
    headers: ["Authorization"],
    signatureHeader: "Authorization",
    body: json({ eventId: "b5a188b9", data: { events: [{ eventType: "user.lifecycle.create" }] } }),
    eventType: "user.lifecycle.create",
    duplicateId: "b5a188b9",
  },
  {
    ...plain,
    type: "basic",
    config: (key, previous) => ({ username: "ada", ...secrets(key, previous), event_type: "X-Type" }),
    sign: ({ body, key }) => ({
      body,
      headers: {
        Authorization: `Basic ${Buffer.from(`ada:${key}`).toString("base64")}`,
        "X-Type": "made",
      },
    }),
    headers: ["Authorization"],
    signatureHeader: "Authorization",
    body: json({}),
    eventType: "made",
    duplicateId: null,
  },
  {
    ...plain,
    type: "bearer",
    config: (key, previous) => ({ ...secrets(key, previous), duplicate_id: "$.id" }),
    sign: ({ body, key }) => ({ body, headers: { Authorization: `Bearer ${key}` } }),
    headers: ["Authorization"],
    signatureHeader: "Authorization",
    body: json({ id: "one" }),
    eventType: null,
    duplicateId: "one",
  },
  {
    ...plain,
    type: "api-key",
    config: (key, previous) => ({ ...secrets(key, previous), name: "X-Key" }),
    sign: ({ body, key }) => ({ body, headers: { "X-Key": key } }),
    headers: ["X-Key"],
    signatureHeader: "X-Key",
    body: json({}),
    eventType: null,
    duplicateId: null,
  },
];

/** Returns the hash of a JSON body that Twilio puts into the URL. */
export function twilioJson(options: { body: string; key: string; url: string }) {
  const { body, key, url } = options;
  const hash = createHash("sha256").update(body).digest("hex");
  const called = `${url}&bodySHA256=${hash}`;
  const signature = mac({ ...base64, hash: "sha1", key }, called);
  return { called, query: called.split("?")[1] ?? "", signature };
}
