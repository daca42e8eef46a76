import { describe, expect, test } from "bun:test";
import twilio from "twilio";
import { createTestProviders } from "../support/providers.ts";
import { ASKING_SAMPLES } from "./asking-samples.ts";
import { describeProviderContract } from "./contract.ts";
import { OTHER_SAMPLES, twilioJson } from "./other-samples.ts";
import { NOW, requestOf, URL_CALLED } from "./sample.ts";
import { HMAC_SAMPLES, KEYS } from "./samples.ts";
import { SIGNED_BY_LIBRARIES, TIMED_SAMPLES } from "./timed-samples.ts";

const providers = createTestProviders();
const encoder = new TextEncoder();

const SAMPLES = [...HMAC_SAMPLES, ...TIMED_SAMPLES, ...OTHER_SAMPLES, ...ASKING_SAMPLES];
for (const sample of SAMPLES) describeProviderContract(sample);

test("every provider has a sample here, but the one that fetches and the one that goes by addresses", () => {
  const types = new Set(SAMPLES.map(({ type }) => type));
  expect(
    providers
      .list()
      .map(({ type }) => type)
      .filter((type) => !types.has(type)),
  ).toEqual(["paypal", "ip-allow-list"]);
});

describe("what the providers' own libraries signed is accepted", () => {
  for (const { name, type, key, sign } of SIGNED_BY_LIBRARIES) {
    test(name, async () => {
      const body = JSON.stringify({ type: "made", text: "wörld" });
      const request = requestOf({ body: encoder.encode(body), headers: await sign(body, new Date(NOW)) });
      expect(await providers.get(type).prepare({ secret: key }).verify(request)).toEqual({ accepted: true });
    });
  }
});

describe("several signatures in one header", () => {
  test("of Stripe, Paddle and Standard Webhooks: one that is right will do", async () => {
    for (const sample of TIMED_SAMPLES.filter(({ type }) => /stripe|paddle|standard/.test(type))) {
      const { current, next, wrong } = sample.keys;
      const sign = (key: string) =>
        sample.sign({ body: encoder.encode(sample.body), at: NOW, key, url: URL_CALLED });
      const [one, other] = [await sign(wrong), await sign(current)];
      const name = sample.signatureHeader ?? "";
      const [first, second] = [one.headers[name] ?? "", other.headers[name] ?? ""];
      const separator = sample.type === "stripe" ? "," : sample.type === "paddle" ? ";" : " ";
      const both = { ...other, headers: { ...other.headers, [name]: first + separator + second } };
      const provider = providers.get(sample.type);
      expect(await provider.prepare(sample.config(current)).verify(requestOf(both))).toEqual({
        accepted: true,
      });
      expect((await provider.prepare(sample.config(next)).verify(requestOf(both))).accepted).toBe(false);
    }
  });
});

describe("Twilio", () => {
  const verifier = providers.get("twilio").prepare({ secret: KEYS.current });

  test("signs the URL of a JSON body, which names the body's hash", async () => {
    const body = '{"a": 1}';
    const { called, query, signature } = twilioJson({ body, key: KEYS.current, url: URL_CALLED });
    const headers = { "Content-Type": "application/json", "X-Twilio-Signature": signature };
    const request = requestOf({ body: encoder.encode(body), headers, query });
    expect(request.url).toBe(called);
    expect(twilio.validateRequestWithBody(KEYS.current, signature, called, body)).toBe(true);
    expect(await verifier.verify(request)).toEqual({ accepted: true });
    expect((await verifier.verify({ ...request, body: encoder.encode('{"a": 2}') })).accepted).toBe(false);
    const other = { ...request, url: called.replace("hooks.example", "other.example") };
    expect(await verifier.verify(other)).toMatchObject({ reason: expect.stringContaining("BASE_URL") });
  });

  test("signs nothing of a JSON body without its hash, so that is refused", async () => {
    const signature = twilio.getExpectedTwilioSignature(KEYS.current, URL_CALLED, {});
    const headers = { "Content-Type": "application/json", "X-Twilio-Signature": signature };
    expect((await verifier.verify(requestOf({ body: encoder.encode("{}"), headers }))).accepted).toBe(false);
  });

  test("signs the URL with or without its port, as its library takes it", async () => {
    const body = "a=1";
    for (const [called, signedAs] of [
      ["https://hooks.example:8443/webhook/1?b=2", "https://hooks.example/webhook/1?b=2"],
      ["https://hooks.example/webhook/1", "https://hooks.example:443/webhook/1"],
      ["http://hooks.example/webhook/1", "http://hooks.example:80/webhook/1"],
    ] as const) {
      const signature = twilio.getExpectedTwilioSignature(KEYS.current, signedAs, { a: "1" });
      const headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature,
      };
      const request = requestOf({ body: encoder.encode(body), headers }, { url: called });
      expect(twilio.validateRequest(KEYS.current, signature, called, { a: "1" })).toBe(true);
      expect(await verifier.verify(request)).toEqual({ accepted: true });
      const elsewhere = { ...request, url: called.replace("hooks", "other") };
      expect((await verifier.verify(elsewhere)).accepted).toBe(false);
    }
  });

  test("signs fields that are repeated once for each value", async () => {
    const body = "b=2&a=3&a=1&a=3&c=";
    const params = { a: ["3", "1", "3"], b: "2", c: "" };
    const signature = twilio.getExpectedTwilioSignature(KEYS.current, URL_CALLED, params);
    const headers = { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature };
    expect(await verifier.verify(requestOf({ body: encoder.encode(body), headers }))).toEqual({
      accepted: true,
    });
  });
});

test("Mailgun's token is taken again with the same body, as in a retry, and with no other", async () => {
  const sample = OTHER_SAMPLES.find(({ type }) => type === "mailgun");
  const sent = await sample?.sign({ body: encoder.encode(sample.body), at: NOW, key: KEYS.current, url: "" });
  const request = requestOf(sent ?? { body: new Uint8Array(), headers: {} });
  const verifier = providers.get("mailgun").prepare({ secret: KEYS.current });
  for (const _ of [1, 2]) expect(await verifier.verify(request)).toEqual({ accepted: true });
  const body = encoder.encode(new TextDecoder().decode(request.body).replace("opened", "failed"));
  expect(await verifier.verify({ ...request, body })).toMatchObject({
    reason: "The token came before, with another body.",
  });
});

test("GitLab's signing token verifies by Standard Webhooks, and a plain token beside it while one replaces the other", async () => {
  const standard = TIMED_SAMPLES.find(({ type }) => type === "standard-webhooks");
  const key = standard?.keys.current ?? "";
  const sent = await standard?.sign({ body: encoder.encode("{}"), at: NOW, key, url: "" });
  const signed = requestOf(sent ?? { body: new Uint8Array(), headers: {} });
  const plain = requestOf({ body: encoder.encode("{}"), headers: { "X-Gitlab-Token": "plain" } });
  const both = providers.get("gitlab").prepare({ secret: key, previous_secret: "plain" });
  const alone = providers.get("gitlab").prepare({ secret: key });
  for (const request of [signed, plain]) expect((await both.verify(request)).accepted).toBe(true);
  expect((await alone.verify(signed)).accepted).toBe(true);
  expect((await alone.verify(plain)).accepted).toBe(false);
  expect((await alone.verify({ ...signed, body: encoder.encode("{ }") })).accepted).toBe(false);
});

test("a key may come as a query parameter", async () => {
  const verifier = providers.get("api-key").prepare({ secret: "s+1", place: "query", name: "token" });
  const by = async (query: string) =>
    (await verifier.verify(requestOf({ body: new Uint8Array(), headers: {}, query }))).accepted;
  expect([await by("a=1&token=s%2B1"), await by("token=s"), await by("token="), await by("")]).toEqual([
    true,
    false,
    false,
    false,
  ]);
});

describe("an IP allow-list", () => {
  const verifier = providers.get("ip-allow-list").prepare({ networks: ["203.0.113.0/24", "2001:db8::1"] });
  const from = async (remoteAddress: string) =>
    (await verifier.verify(requestOf({ body: new Uint8Array(), headers: {} }, { remoteAddress }))).accepted;

  test("takes requests from its networks alone", async () => {
    for (const address of ["203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9"])
      expect(await from(address)).toBe(true);
    for (const address of ["203.0.114.9", "2001:db8::2", "", "unknown", "203.0.113.9, 1.1.1.1"])
      expect(await from(address)).toBe(false);
  });

  test("is refused without a network, or with what is none", () => {
    const { configSchema } = providers.get("ip-allow-list");
    for (const networks of [[], ["10.0.0.0/33"], ["example.com"], [""]])
      expect(configSchema.safeParse({ networks }).success).toBe(false);
  });
});

describe("the generic HMAC provider", () => {
  const { configSchema } = providers.get("hmac");
  const faultsOf = (config: Record<string, unknown>) =>
    configSchema
      .safeParse({ secret: "a", header: "X-Signature", ...config })
      .error?.issues.map(({ path }) => path[0]);

  test("is refused where what it describes proves nothing, or cannot be", () => {
    expect(faultsOf({})).toBeUndefined();
    expect(faultsOf({ template: "{timestamp}" })).toEqual(["template", "timestamp_header"]);
    expect(faultsOf({ template: "{id}.{body}" })).toEqual(["id_header"]);
    expect(faultsOf({ tolerance_seconds: 5, timestamp_header: "X-Time" })).toEqual(["tolerance_seconds"]);
    expect(faultsOf({ secret: "no base64!", secret_encoding: "base64" })).toEqual(["secret"]);
    expect(faultsOf({ event_type: "$.", duplicate_id: "a b" })).toEqual(["event_type", "duplicate_id"]);
  });
});

test("headers tell which provider sends, the nearest first", () => {
  const recognized = (headers: Record<string, string>) =>
    providers.list().find(({ recognizes }) => recognizes?.(new Headers(headers)))?.type ?? null;
  const signature = { "x-hub-signature-256": "sha256=00" };
  expect(recognized({ "x-github-event": "push", ...signature })).toBe("github");
  expect(recognized(signature)).toBe("meta");
  expect(recognized({ "x-gitlab-event": "Push Hook", "webhook-signature": "v1," })).toBe("gitlab");
  expect(recognized({ "svix-signature": "v1," })).toBe("standard-webhooks");
  expect(recognized({ "user-agent": "mailgun/treq-23.11.0" })).toBe("mailgun");
  expect(recognized({ "content-type": "application/json" })).toBeNull();
});

test("the README tells of every provider", async () => {
  const readme = await Bun.file(new URL("../../README.md", import.meta.url)).text();
  const untold = providers.list().filter(({ type }) => !readme.includes(`\`${type}\``));
  expect(untold.map(({ type }) => type)).toEqual([]);
});
