/** Samples of the providers that send challenges, signed with node's crypto. */
import { createHmac } from "node:crypto";
import type { Sample } from "./sample.ts";
import { base64, hex, json, KEYS, mac, seconds, secrets } from "./samples.ts";

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const common = { keys: KEYS, config: secrets, signsBody: true, toleranceSeconds: null };

/** Providers that sign the body's hexadecimal HMAC-SHA256 in one header and nothing else. */
const bodyHex = (
  type: string,
  header: string,
  body: string,
  of: Pick<Sample, "eventType" | "duplicateId">,
) => ({
  ...common,
  ...of,
  type,
  body,
  headers: [header],
  signatureHeader: header,
  sign: ({ body: bytes, key }: { body: Uint8Array; key: string }) => ({
    body: bytes,
    headers: { [header]: mac({ ...hex, key }, bytes) },
  }),
});

const base64url = (text: string) => Buffer.from(text).toString("base64url");

/** Builds a token as any JWT library would. */
export function hs256(
  claims: Record<string, unknown>,
  key: string,
  head: Record<string, unknown> = {},
): string {
  const signed = `${base64url(json({ typ: "JWT", alg: "HS256", ...head }))}.${base64url(json(claims))}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

export const ASKING_SAMPLES: readonly Sample[] = [
  {
    ...bodyHex("dropbox", "X-Dropbox-Signature", json({ list_folder: {} }), {
      eventType: null,
      duplicateId: null,
    }),
  },
  {
    ...bodyHex("asana", "X-Hook-Signature", json({ events: [] }), { eventType: null, duplicateId: null }),
    takesNoSecret: true,
  },
  {
    ...bodyHex("clio", "X-Hook-Signature", json({ data: { id: 1 }, meta: { event: "created" } }), {
      eventType: "created",
      duplicateId: null,
    }),
    takesNoSecret: true,
  },
  {
    ...bodyHex("nylas", "X-Nylas-Signature", json({ id: "ny1", type: "message.created" }), {
      eventType: "message.created",
      duplicateId: "ny1",
    }),
    takesNoSecret: true,
  },
  {
    ...bodyHex("smartcar", "SC-Signature", json({ eventId: "52f6", eventType: "VEHICLE_STATE", data: {} }), {
      eventType: "VEHICLE_STATE",
      duplicateId: "52f6",
    }),
  },
  {
    ...common,
    type: "linkedin",
    sign: ({ body, key }) => ({
      body,
      headers: { "X-LI-Signature": mac({ ...hex, key }, "hmacsha256=", body) },
    }),
    headers: ["X-LI-Signature"],
    signatureHeader: "X-LI-Signature",
    body: json({ type: "LEAD_ACTION", notificationId: 7 }),
    eventType: "LEAD_ACTION",
    duplicateId: "7",
  },
  {
    ...common,
    type: "front",
    sign: ({ body, at, key }) => ({
      body,
      headers: {
        "X-Front-Request-Timestamp": String(at),
        "X-Front-Signature": mac({ ...base64, key }, `${at}:`, body),
      },
    }),
    headers: ["X-Front-Request-Timestamp", "X-Front-Signature"],
    signatureHeader: "X-Front-Signature",
    body: json({ type: "inbound_received", payload: { id: "evt_1" } }),
    eventType: "inbound_received",
    duplicateId: "evt_1",
    toleranceSeconds: 300,
  },
  {
    ...common,
    type: "zoom",
    sign: ({ body, at, key }) => ({
      body,
      headers: {
        "X-Zm-Request-Timestamp": seconds(at),
        "X-Zm-Signature": `v0=${mac({ ...hex, key }, `v0:${seconds(at)}:`, body)}`,
      },
    }),
    headers: ["X-Zm-Request-Timestamp", "X-Zm-Signature"],
    signatureHeader: "X-Zm-Signature",
    body: json({ event: "meeting.started", event_ts: 1, payload: {} }),
    eventType: "meeting.started",
    duplicateId: null,
    toleranceSeconds: 300,
  },
  {
    ...common,
    type: "trello",
    sign: ({ body, key, url }) => ({
      body,
      headers: { "X-Trello-Webhook": mac({ ...base64, hash: "sha1", key }, body, url) },
    }),
    headers: ["X-Trello-Webhook"],
    signatureHeader: "X-Trello-Webhook",
    body: json({ action: { id: "51f9", type: "voteOnCard" } }),
    eventType: "voteOnCard",
    duplicateId: "51f9",
  },
  ...(["sha1", "sha256", "sha384", "sha512"] as const).map(
    (hash): Sample => ({
      ...common,
      type: "websub",
      config: (key, previous) => ({ ...secrets(key, previous), topics: ["https://feed.example/a"] }),
      sign: ({ body, key }) => ({
        body,
        headers: { "X-Hub-Signature": `${hash}=${mac({ ...hex, hash, key }, body)}` },
      }),
      headers: ["X-Hub-Signature"],
      signatureHeader: "X-Hub-Signature",
      body: "<feed/>",
      eventType: null,
      duplicateId: null,
    }),
  ),
  {
    ...common,
    type: "ringcentral",
    signsBody: false,
    sign: ({ body, key }) => ({ body, headers: { "Verification-Token": key } }),
    headers: ["Verification-Token"],
    signatureHeader: "Verification-Token",
    body: json({ uuid: "9a3f", event: "/restapi/v1.0/account/1/presence" }),
    eventType: "/restapi/v1.0/account/1/presence",
    duplicateId: "9a3f",
  },
  {
    ...common,
    type: "monday",
    signsBody: false,
    sign: ({ body, at, key }) => ({
      body,
      headers: { Authorization: hs256({ accountId: 1, exp: Math.floor(at / 1_000) + 300 }, key) },
    }),
    headers: ["Authorization"],
    signatureHeader: "Authorization",
    body: json({ event: { type: "update_column_value", triggerUuid: "b5ed" } }),
    eventType: "update_column_value",
    duplicateId: "b5ed",
  },
  {
    ...common,
    type: "strava",
    keys: { current: "120475", next: "120476", wrong: "120477" },
    config: (id, previous) => ({
      verify_token: "chosen",
      subscription_id: id,
      ...(previous !== undefined && { previous_subscription_id: previous }),
    }),
    isPublic: true,
    signsBody: false,
    refusesEmpty: true,
    sign({ body, key }) {
      const text = decoder.decode(body).replace('"subscription_id":0', `"subscription_id":${key}`);
      return { body: encoder.encode(text), headers: {} };
    },
    headers: [],
    signatureHeader: null,
    body: json({ object_type: "activity", aspect_type: "create", subscription_id: 0 }),
    eventType: "activity.create",
    duplicateId: null,
  },
  {
    ...common,
    type: "event-grid",
    config: (key, previous) => ({ ...secrets(key, previous), place: "header", name: "X-Grid" }),
    signsBody: false,
    sign: ({ body, key }) => ({ body, headers: { "X-Grid": key, "aeg-event-type": "Notification" } }),
    headers: ["X-Grid"],
    signatureHeader: "X-Grid",
    body: json([{ id: "e1", eventType: "Microsoft.Storage.BlobCreated", data: {} }]),
    eventType: "Microsoft.Storage.BlobCreated",
    duplicateId: null,
  },
];
