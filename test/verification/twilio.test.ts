import { describe, expect, test } from "bun:test";
import twilio from "twilio";
import { createTestProviders } from "../support/providers.ts";
import { twilioJson } from "./other-samples.ts";
import { requestOf, URL_CALLED } from "./sample.ts";
import { base64, KEYS, mac } from "./samples.ts";

const providers = createTestProviders();
const encoder = new TextEncoder();

describe("Twilio", () => {
  const verifier = providers.get("twilio").prepare({ secret: KEYS.current });
  const isAcceptedAt = async (called: string, signature: string) => {
    const headers = { "X-Twilio-Signature": signature };
    const verdict = await verifier.verify(requestOf({ body: new Uint8Array(0), headers }, { url: called }));
    return verdict.accepted;
  };

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

  test("does not sign a JSON body without its hash, so it is refused", async () => {
    const signature = twilio.getExpectedTwilioSignature(KEYS.current, URL_CALLED, {});
    const headers = { "Content-Type": "application/json", "X-Twilio-Signature": signature };
    expect((await verifier.verify(requestOf({ body: encoder.encode("{}"), headers }))).accepted).toBe(false);
  });

  test("signs the URL with or without its port, as its library accepts", async () => {
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

  test("signs the URL as written, with quotes escaped or not", async () => {
    const called = "https://hooks.example/webhook/1?n=O%27Brien&m=1";
    for (const signedAs of [
      called,
      called.replace("%27", "'"),
      "https://hooks.example:443/webhook/1?n=O'Brien&m=1",
    ]) {
      const signature = twilio.getExpectedTwilioSignature(KEYS.current, signedAs, { a: "1" });
      const headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature,
      };
      const request = requestOf({ body: encoder.encode("a=1"), headers }, { url: called });
      expect(
        twilio.validateRequest(KEYS.current, signature, "https://hooks.example/webhook/1?n=O'Brien&m=1", {
          a: "1",
        }),
      ).toBe(true);
      expect(await verifier.verify(request)).toEqual({ accepted: true });
      const other = { ...request, url: called.replace("Brien", "Neill") };
      expect((await verifier.verify(other)).accepted).toBe(false);
    }
  });

  test("signs the query as its library reads it, whose spaces are escaped in another way", async () => {
    const called = "https://hooks.example/webhook/1?City=Sull%27Adda+di+Sopra";
    for (const port of ["", ":443"]) {
      const signedAs = `https://hooks.example${port}/webhook/1?City=Sull'Adda%20di%20Sopra`;
      const signature = twilio.getExpectedTwilioSignature(KEYS.current, signedAs, {});
      expect(twilio.validateRequest(KEYS.current, signature, called, {})).toBe(true);
      expect(await isAcceptedAt(called, signature)).toBe(true);
      expect(await isAcceptedAt(called.replace("Sopra", "Sotto"), signature)).toBe(false);
    }
  });

  test("signs the query of a SIP call with @ and : unescaped (twilio-node#621)", async () => {
    const called = "https://hooks.example/webhook/1?Caller=sip%3A1%40192.0.2.1%3Btransport%3Dudp&City=A+B%2C";
    const signedAs = "https://hooks.example/webhook/1?Caller=sip:1@192.0.2.1%3Btransport%3Dudp&City=A+B%2C";
    const signature = twilio.getExpectedTwilioSignature(KEYS.current, signedAs, {});
    expect(await isAcceptedAt(called, signature)).toBe(true);
    expect(await isAcceptedAt(called.replace("%40", "%23"), signature)).toBe(false);
  });

  test("signs repeated fields once per value", async () => {
    const body = "b=2&a=3&a=1&a=3&c=";
    const params = { a: ["3", "1", "3"], b: "2", c: "" };
    const signature = twilio.getExpectedTwilioSignature(KEYS.current, URL_CALLED, params);
    const headers = { "Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature };
    expect(await verifier.verify(requestOf({ body: encoder.encode(body), headers }))).toEqual({
      accepted: true,
    });
  });

  describe("with a shared key", () => {
    const signed = (hash: string, settings: string | null, key = KEYS.current) => {
      const signature = mac({ ...base64, hash, key }, `${URL_CALLED}a1`);
      const headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature,
        ...(settings !== null && { "X-Twilio-Webhooks-Signature-Settings": settings }),
      };
      return requestOf({ body: encoder.encode("a=1"), headers });
    };
    const isAccepted = async (request: ReturnType<typeof signed>) =>
      (await verifier.verify(request)).accepted;

    test("signs by the hash that its settings name", async () => {
      for (const settings of [
        "key=SK0123,algorithm=HMAC_SHA256",
        "key=SK0123, algorithm=HMAC_SHA256",
        "Algorithm=hmac_sha256",
      ]) {
        expect([settings, await isAccepted(signed("sha256", settings))]).toEqual([settings, true]);
        expect(await isAccepted(signed("sha1", settings))).toBe(false);
        expect(await isAccepted(signed("sha256", settings, KEYS.wrong))).toBe(false);
      }
      expect(await isAccepted(signed("sha1", "key=SK0123,algorithm=HMAC_SHA1"))).toBe(true);
      expect(await isAccepted(signed("sha1", null))).toBe(true);
      expect(await isAccepted(signed("sha256", null))).toBe(false);
    });

    test("is refused with another hash or none, whatever the signature is", async () => {
      for (const settings of [
        "",
        "key=SK0123",
        "algorithm=",
        "algorithm=HMAC_MD5",
        "algorithm=none",
        "algorithm=HMAC_SHA512",
      ])
        for (const hash of ["sha1", "sha256", "sha512", "md5"]) {
          const request = signed(hash, settings);
          expect(await verifier.verify(request)).toMatchObject({
            reason: expect.stringContaining("algorithm"),
          });
        }
      const late = `${"a=b,".repeat(20_000)}algorithm=HMAC_SHA256`;
      expect(await isAccepted(signed("sha256", late))).toBe(false);
    });
  });
});
