import { describe, expect, test } from "bun:test";
import { generateKeyPairSync, sign as signBy } from "node:crypto";
import { createTestProviders } from "../support/providers.ts";
import { NOW, requestOf, type Sample, URL_CALLED } from "./sample.ts";
import { HMAC_SAMPLES, KEYS, mac } from "./samples.ts";
import { TIMED_SAMPLES } from "./timed-samples.ts";

const providers = createTestProviders();
const encoder = new TextEncoder();
const NO_BODY = new Uint8Array();
const HOSTILE = `<script>alert("1")</script>&'`;

function sampleOf(type: string): Sample {
  const found = [...HMAC_SAMPLES, ...TIMED_SAMPLES].find((sample) => sample.type === type);
  if (!found) throw new Error(`no sample of ${type}`);
  return found;
}

async function signed(type: string, body: unknown, key = KEYS.current) {
  const bytes = encoder.encode(typeof body === "string" ? body : JSON.stringify(body));
  return requestOf(await sampleOf(type).sign({ body: bytes, at: NOW, key, url: URL_CALLED }));
}

const asked = (method: string, query: string, headers: Record<string, string> = {}) =>
  requestOf({ headers, query, body: NO_BODY }, { method });

const echoed = (body: string) => ({ status: 200, contentType: "text/plain; charset=utf-8", body });

describe("Slack's url_verification", () => {
  const verifier = providers.get("slack").prepare({ secret: KEYS.current });

  test("is echoed as plain text for any challenge", async () => {
    const request = await signed("slack", { type: "url_verification", challenge: HOSTILE });
    expect((await verifier.verify(request)).accepted).toBe(true);
    expect(verifier.unsignedHandshake).toBeUndefined();
    expect(verifier.signedHandshake?.(request)).toEqual(echoed(HOSTILE));
  });

  test("is not a handshake without a non-empty text challenge", async () => {
    for (const challenge of [undefined, "", 1, {}, "x".repeat(2_001)]) {
      const request = await signed("slack", { type: "url_verification", challenge });
      expect(verifier.signedHandshake?.(request)).toBeNull();
    }
  });
});

test("Twitch's challenge is echoed as plain text", async () => {
  const verifier = providers.get("twitch").prepare({ secret: KEYS.current });
  const request = await signed("twitch", { challenge: "pogchamp-kappa", subscription: {} });
  request.headers.set("Twitch-Eventsub-Message-Type", "webhook_callback_verification");
  expect((await verifier.verify(request)).accepted).toBe(true);
  expect(verifier.signedHandshake?.(request)).toEqual(echoed("pogchamp-kappa"));
});

describe("Meta's verification of the callback URL", () => {
  const provider = providers.get("meta");
  const verifier = provider.prepare({ secret: KEYS.current, verify_token: "my token" });
  const query = (token: string, challenge = "1158201444") =>
    new URLSearchParams({
      "hub.mode": "subscribe",
      "hub.verify_token": token,
      "hub.challenge": challenge,
    }).toString();

  test("is a GET request, whose challenge is echoed if the token matches", () => {
    expect(provider.handshakeMethods).toEqual(["GET"]);
    expect(verifier.unsignedHandshake?.(asked("GET", query("my token")))).toEqual(echoed("1158201444"));
    expect(verifier.unsignedHandshake?.(asked("GET", query("my token", HOSTILE)))).toEqual(echoed(HOSTILE));
  });

  test("is refused with another token, or if no token is set", () => {
    for (const token of ["", "my", "my token "])
      expect(verifier.unsignedHandshake?.(asked("GET", query(token)))).toMatchObject({ accepted: false });
    const untold = provider.prepare({ secret: KEYS.current });
    expect(untold.unsignedHandshake?.(asked("GET", query("")))).toMatchObject({ accepted: false });
  });

  test("is not recognized by POST, or in another mode", () => {
    expect(verifier.unsignedHandshake?.(asked("POST", query("my token")))).toBeNull();
    expect(verifier.unsignedHandshake?.(asked("GET", "hub.mode=unsubscribe"))).toBeNull();
    expect(verifier.unsignedHandshake?.(asked("GET", ""))).toBeNull();
  });
});

test("X's CRC gets the HMAC of its token", () => {
  const provider = providers.get("twitter");
  const verifier = provider.prepare({ secret: KEYS.current, previous_secret: KEYS.next });
  const token = mac({ key: KEYS.current, encoding: "base64" }, "challenge+1");
  const answer = verifier.unsignedHandshake?.(asked("GET", "crc_token=challenge%2B1&nonce=1"));
  expect(answer).toEqual({
    status: 200,
    contentType: "application/json",
    body: JSON.stringify({ response_token: `sha256=${token}` }),
  });
  expect(provider.handshakeMethods).toEqual(["GET"]);
  for (const other of [asked("POST", "crc_token=a"), asked("GET", "crc_token="), asked("GET", "")])
    expect(verifier.unsignedHandshake?.(other)).toBeNull();
  // The same key signs events: a response must not be an event's signature.
  for (const event of ['{"tweet_create_events":[{}]}', "[1]", '"a"', "a=1&b=2", "a b"])
    expect(verifier.unsignedHandshake?.(asked("GET", `crc_token=${encodeURIComponent(event)}`))).toBeNull();
});

test("Microsoft Graph's validation token is decoded and echoed as plain text", () => {
  const verifier = providers.get("microsoft-graph").prepare({ secret: KEYS.current });
  const query = `validationToken=${encodeURIComponent(`Validation: ${HOSTILE}`)}`;
  expect(verifier.unsignedHandshake?.(asked("POST", query))).toEqual(echoed(`Validation: ${HOSTILE}`));
  for (const name of ["validationtoken", "ValidationToken", "VALIDATIONTOKEN"])
    expect(verifier.unsignedHandshake?.(asked("POST", `a=1&${name}=b%2Bc`))).toEqual(echoed("b+c"));
  expect(verifier.unsignedHandshake?.(asked("POST", "myvalidationtoken=a"))).toBeNull();
  expect(verifier.unsignedHandshake?.(asked("POST", "validationToken="))).toBeNull();
  expect(verifier.unsignedHandshake?.(asked("POST", ""))).toBeNull();
});

test("Okta's challenge is echoed in JSON", () => {
  const verifier = providers.get("okta").prepare({ secret: KEYS.current });
  const headers = { "x-okta-verification-challenge": 'a"b' };
  const answer = verifier.unsignedHandshake?.(asked("GET", "", headers));
  expect(answer).toMatchObject({ contentType: "application/json", body: '{"verification":"a\\"b"}' });
  expect(verifier.unsignedHandshake?.(asked("POST", "", headers))).toBeNull();
  expect(verifier.unsignedHandshake?.(asked("GET", ""))).toBeNull();
});

test("WooCommerce's unsigned ping is accepted, and no other unsigned request", async () => {
  const verifier = providers.get("woocommerce").prepare({ secret: KEYS.current });
  const posted = (body: string) => requestOf({ headers: {}, body: encoder.encode(body) });
  expect(verifier.unsignedHandshake?.(posted("webhook_id=12"))).toMatchObject({ status: 200, body: "" });
  for (const body of ["webhook_id=12&a=1", "webhook_id=", "webhook_id=x", "{}", ""])
    expect(verifier.unsignedHandshake?.(posted(body))).toBeNull();
  expect(verifier.unsignedHandshake?.(await signed("woocommerce", "webhook_id=12"))).toBeNull();
});

test("Discord's pings are answered after verification, and its events are not taken for pings", async () => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex");
  const verifier = providers.get("discord").prepare({ public_key: key });
  const pinged = (body: unknown) => {
    const text = JSON.stringify(body);
    const signature = signBy(null, Buffer.from(`1${text}`), privateKey).toString("hex");
    const headers = { "X-Signature-Ed25519": signature, "X-Signature-Timestamp": "1" };
    return requestOf({ headers, body: encoder.encode(text) });
  };
  const answerTo = async (body: unknown) => {
    const request = pinged(body);
    expect((await verifier.verify(request)).accepted).toBe(true);
    return verifier.signedHandshake?.(request);
  };
  expect(await answerTo({ type: 1, version: 1 })).toMatchObject({ status: 200, body: '{"type":1}' });
  expect(await answerTo({ type: 0, version: 1 })).toMatchObject({ status: 204, body: "" });
  expect(await answerTo({ type: 1, event: { type: "ENTITLEMENT_CREATE" } })).toBeNull();
  expect(await answerTo({ type: 2 })).toBeNull();
});

test("only providers with handshakes by other methods receive those methods", () => {
  const asking = providers
    .list()
    .flatMap(({ type, handshakeMethods = [] }) =>
      handshakeMethods.length > 0 ? [`${type} ${handshakeMethods}`] : [],
    );
  expect(asking.sort()).toEqual([
    ...[
      "dropbox GET",
      "ebay GET",
      "event-grid OPTIONS",
      "linkedin GET",
      "meta GET",
      "nylas GET",
      "okta GET",
      "strava GET",
    ],
    ...["trello HEAD", "twitter GET", "websub GET"],
  ]);
});
