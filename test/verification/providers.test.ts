import { describe, expect, test } from "bun:test";
import { documentationOf } from "../../src/verification/documentation.ts";
import { createTestProviders } from "../support/providers.ts";
import { ASKING_SAMPLES } from "./asking-samples.ts";
import { describeProviderContract } from "./contract.ts";
import { OTHER_SAMPLES } from "./other-samples.ts";
import { PUBLIC_KEY_SAMPLES } from "./public-key-samples.ts";
import { NOW, requestOf, URL_CALLED } from "./sample.ts";
import { HMAC_SAMPLES } from "./samples.ts";
import { SIGNED_BY_LIBRARIES, TIMED_SAMPLES } from "./timed-samples.ts";

const providers = createTestProviders();
const encoder = new TextEncoder();

const SAMPLES = [
  ...HMAC_SAMPLES,
  ...TIMED_SAMPLES,
  ...OTHER_SAMPLES,
  ...ASKING_SAMPLES,
  ...PUBLIC_KEY_SAMPLES,
];
for (const sample of SAMPLES) describeProviderContract(sample);

test("every provider has a sample here, except those that fetch certificates and the IP allow-list", () => {
  const types = new Set(SAMPLES.map(({ type }) => type));
  expect(
    providers
      .list()
      .map(({ type }) => type)
      .filter((type) => !types.has(type)),
  ).toEqual(["aws-sns", "paypal", "ip-allow-list"]);
});

test("every service has the page of its documentation, and what is bound to none has not", () => {
  for (const { type, isGeneric } of providers.list()) {
    const page = documentationOf(type);
    if (isGeneric === true) expect(page).toBeNull();
    else expect(page).toMatch(/^https:\/\/[a-z0-9.-]+(\/|$)/);
  }
});

describe("requests signed by the providers' own libraries are accepted", () => {
  for (const { name, type, key, sign } of SIGNED_BY_LIBRARIES) {
    test(name, async () => {
      const body = JSON.stringify({ type: "made", text: "wörld" });
      const request = requestOf({ body: encoder.encode(body), headers: await sign(body, new Date(NOW)) });
      expect(await providers.get(type).prepare({ secret: key }).verify(request)).toEqual({ accepted: true });
    });
  }
});

describe("several signatures in one header", () => {
  test("are accepted if one is valid, for Stripe, Paddle and Standard Webhooks", async () => {
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

test("GitLab's signing token verifies by Standard Webhooks, also beside a plain token during a rotation", async () => {
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

test("an API key may be a query parameter", async () => {
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

  test("accepts requests from its networks only", async () => {
    for (const address of ["203.0.113.9", "2001:db8::1", "::ffff:203.0.113.9"])
      expect(await from(address)).toBe(true);
    for (const address of ["203.0.114.9", "2001:db8::2", "", "unknown", "203.0.113.9, 1.1.1.1"])
      expect(await from(address)).toBe(false);
  });

  test("is refused without networks, or with an invalid one", () => {
    const { configSchema } = providers.get("ip-allow-list");
    for (const networks of [[], ["10.0.0.0/33"], ["example.com"], [""]])
      expect(configSchema.safeParse({ networks }).success).toBe(false);
  });
});

test("headers identify the provider, the most specific first", () => {
  const recognized = (headers: Record<string, string>) =>
    providers.list().find(({ recognizes }) => recognizes?.(new Headers(headers)))?.type ?? null;
  const signature = { "x-hub-signature-256": "sha256=00" };
  expect(recognized({ "x-github-event": "push", ...signature })).toBe("github");
  expect(recognized(signature)).toBe("meta");
  expect(recognized({ "x-gitlab-event": "Push Hook", "webhook-signature": "v1," })).toBe("gitlab");
  expect(recognized({ "svix-signature": "v1," })).toBe("standard-webhooks");
  expect(recognized({ authorization: "HMAC c2ln", "content-type": "application/json" })).toBe("teams");
  expect(recognized({ authorization: "Bearer c2ln" })).toBeNull();
  expect(recognized({ "persona-signature": "t=1,v1=00" })).toBe("persona");
  expect(recognized({ "user-agent": "mailgun/treq-23.11.0" })).toBe("mailgun");
  expect(recognized({ "content-type": "application/json" })).toBeNull();
});
