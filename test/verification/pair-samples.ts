/** Samples of providers whose header contains a timestamp or a prefix beside the signature. */
import type { Sample } from "./sample.ts";
import { base64, bodySigner, hex, json, KEYS, mac, seconds, secrets } from "./samples.ts";

const common = { keys: KEYS, config: secrets, signsBody: true, toleranceSeconds: 300 };

const BASE64_KEYS = {
  current: Buffer.alloc(32, 11).toString("base64"),
  next: Buffer.alloc(32, 12).toString("base64"),
  wrong: Buffer.alloc(32, 13).toString("base64"),
};

/** Providers whose header contains timestamp and signature as pairs. */
function pairSample(of: {
  type: string;
  header: string;
  time?: (at: number) => string;
  keys?: readonly [time: string, signature: string];
  encoding?: "hex" | "base64";
  /** The separator of pairs. */
  between?: string;
  toleranceSeconds?: number;
  body: unknown;
  eventType: string;
  duplicateId?: string;
}): Sample {
  const { type, header, time = seconds, keys = ["t", "v1"], encoding = "hex", between = "," } = of;
  return {
    ...common,
    type,
    toleranceSeconds: of.toleranceSeconds ?? common.toleranceSeconds,
    sign({ body, at, key }) {
      const signature = mac({ encoding, key }, `${time(at)}.`, body);
      return { body, headers: { [header]: `${keys[0]}=${time(at)}${between}${keys[1]}=${signature}` } };
    },
    headers: [header],
    signatureHeader: header,
    body: json(of.body),
    eventType: of.eventType,
    duplicateId: of.duplicateId ?? null,
  };
}

export const PAIR_SAMPLES: readonly Sample[] = [
  pairSample({
    type: "calendly",
    header: "Calendly-Webhook-Signature",
    body: { event: "invitee.created", payload: { uri: "https://api.calendly.com/scheduled_events/1" } },
    eventType: "invitee.created",
  }),
  pairSample({
    type: "elevenlabs",
    header: "ElevenLabs-Signature",
    keys: ["t", "v0"],
    toleranceSeconds: 1_800,
    body: { type: "post_call_transcription", event_timestamp: 1, data: { conversation_id: "c1" } },
    eventType: "post_call_transcription",
  }),
  pairSample({
    type: "knock",
    header: "X-Knock-Signature",
    time: String,
    keys: ["t", "s"],
    encoding: "base64",
    body: { type: "message.sent", data: { id: "1" } },
    eventType: "message.sent",
  }),
  pairSample({
    type: "mux",
    header: "Mux-Signature",
    body: { type: "video.asset.ready", id: "3a56ac3d" },
    eventType: "video.asset.ready",
    duplicateId: "3a56ac3d",
  }),
  pairSample({
    type: "persona",
    header: "Persona-Signature",
    body: { data: { type: "event", id: "evt_1", attributes: { name: "inquiry.completed" } } },
    eventType: "inquiry.completed",
    duplicateId: "evt_1",
  }),
  pairSample({
    type: "tiktok",
    header: "TikTok-Signature",
    keys: ["t", "s"],
    body: { client_key: "c", event: "video.publish.completed", create_time: 1, content: "{}" },
    eventType: "video.publish.completed",
  }),
  pairSample({
    type: "workos",
    header: "WorkOS-Signature",
    time: String,
    between: ", ",
    body: { id: "event_01", event: "dsync.user.created", data: {} },
    eventType: "dsync.user.created",
    duplicateId: "event_01",
  }),
  {
    ...common,
    toleranceSeconds: null,
    type: "pagerduty",
    sign: bodySigner((body, key) => `v1=${mac({ ...hex, key }, body)}`, "X-PagerDuty-Signature"),
    headers: ["X-PagerDuty-Signature"],
    signatureHeader: "X-PagerDuty-Signature",
    body: json({ event: { id: "01CH75", event_type: "incident.triggered" } }),
    eventType: "incident.triggered",
    duplicateId: "01CH75",
  },
  {
    ...common,
    toleranceSeconds: null,
    type: "teams",
    keys: BASE64_KEYS,
    sign: bodySigner(
      (body, key) => `HMAC ${mac({ ...base64, key: Buffer.from(key, "base64") }, body)}`,
      "Authorization",
    ),
    headers: ["Authorization"],
    signatureHeader: "Authorization",
    body: json({ type: "message", id: "1485983408511", text: "<at>bot</at> hi" }),
    eventType: "message",
    duplicateId: null,
  },
];
