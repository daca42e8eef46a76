import { beforeEach, describe, expect, test } from "bun:test";
import { sign as signBy, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { AppError } from "../../src/lib/errors.ts";
import type { Outbound, OutboundResult } from "../../src/outbound/outbound.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestProviders } from "../support/providers.ts";
import { appErrorOf } from "../support/thrown.ts";
import { describeProviderContract } from "./contract.ts";
import { NOW, requestOf, type Sample, type Signing, URL_CALLED } from "./sample.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../support/tls", name), "utf8");
const chain = (...names: readonly string[]) => names.map(fixture).join("\n");
const CERT_URL = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270";
const WHOLE = chain("paypal.crt", "signing-authority.crt");

const answered = (body: string, statusCode = 200): OutboundResult => ({
  kind: "response",
  response: { statusCode, headers: [], body: new TextEncoder().encode(body), bodyTruncated: false },
});

let asked: string[] = [];
let answer: OutboundResult = answered(WHOLE);
const outbound: Pick<Outbound, "request"> = {
  async request({ url }) {
    asked.push(url);
    return answer;
  },
};
const clock = createFakeClock();
const create = () =>
  createTestProviders({ outbound, clock, roots: [new X509Certificate(fixture("signing-root.crt"))] });

function sign({ body, at, key }: Signing, privateKey = "paypal.key") {
  const [id, time] = ["69cd13f0-d67a-11e5-baa3-778b53f4ae55", new Date(at).toISOString()];
  const signature = signBy("sha256", Buffer.from(`${id}|${time}|${key}|${crc32(body)}`), fixture(privateKey));
  return {
    body,
    headers: {
      "PAYPAL-TRANSMISSION-ID": id,
      "PAYPAL-TRANSMISSION-TIME": time,
      "PAYPAL-TRANSMISSION-SIG": signature.toString("base64"),
      "PAYPAL-CERT-URL": CERT_URL,
      "PAYPAL-AUTH-ALGO": "SHA256withRSA",
    },
  };
}

const sample: Sample = {
  type: "paypal",
  keys: { current: "9XL90610J3647323C", next: "1JE4291016473214C", wrong: "0AB12345C6789012D" },
  config: (key, previous) => ({
    webhook_id: key,
    ...(previous !== undefined && { previous_webhook_id: previous }),
  }),
  isPublic: true,
  sign,
  headers: Object.keys(sign({ body: new Uint8Array(), at: NOW, key: "", url: "" }).headers),
  signatureHeader: "PAYPAL-TRANSMISSION-SIG",
  body: '{"id":"WH-9UG4","event_type":"PAYMENT.SALE.COMPLETED"}',
  eventType: "PAYMENT.SALE.COMPLETED",
  duplicateId: "WH-9UG4",
  toleranceSeconds: null,
  signsBody: true,
};

beforeEach(() => {
  asked = [];
  answer = answered(WHOLE);
});

describeProviderContract(sample, create());

const signing = {
  body: new TextEncoder().encode(sample.body),
  at: NOW,
  key: sample.keys.current,
  url: URL_CALLED,
};
const verifier = () => create().get("paypal").prepare(sample.config(sample.keys.current));
const request = (changes: Record<string, string> = {}, privateKey?: string, receivedAt = NOW) => {
  const sent = sign(signing, privateKey);
  return requestOf({ ...sent, headers: { ...sent.headers, ...changes } }, { receivedAt });
};

describe("the certificate", () => {
  test("is fetched from paypal.com only", async () => {
    const urls = [
      ...["http://api.paypal.com/cert", "https://paypal.com.evil.example/cert", "https://notpaypal.com/cert"],
      ...[
        "https://api.paypal.com@evil.example/",
        "https://api.paypal.com:8443/",
        "https://u:p@api.paypal.com/",
      ],
      ...["https://127.0.0.1/", "file:///etc/passwd", "//api.paypal.com/", "paypal.com", "", "\u00ff"],
      ...[CERT_URL.replace("api.", "www."), CERT_URL.replace("api.", ""), CERT_URL.replace("api.", "a.api.")],
      ...[`${CERT_URL}?a=1`, `${CERT_URL}#a`, `${CERT_URL}/a`, CERT_URL.replace("/v1/", "/v1/../v1/")],
      ...[
        CERT_URL.replace("certs", "other"),
        "https://api.paypal.com/v1/notifications/certs/",
        CERT_URL.toUpperCase(),
      ],
    ];
    for (const url of urls) {
      const verdict = await verifier().verify(request({ "PAYPAL-CERT-URL": url }));
      expect([url, verdict.accepted]).toEqual([url, false]);
    }
    expect(asked).toEqual([]);
    for (const url of [
      CERT_URL.replace("api.", "api.sandbox."),
      CERT_URL.replace("api.", "api-m."),
      CERT_URL.replace("api.", "api-m.sandbox."),
    ])
      expect((await verifier().verify(request({ "PAYPAL-CERT-URL": url }))).accepted).toBe(true);
  });

  test("is fetched once, and again after a day", async () => {
    const one = verifier();
    for (let n = 0; n < 3; n++) expect((await one.verify(request())).accepted).toBe(true);
    expect(asked).toEqual([CERT_URL]);
    clock.advance(24 * 3_600_000);
    await one.verify(request());
    expect(asked).toHaveLength(2);
  });

  test("must be PayPal's, and issued by a chain up to a trusted root", async () => {
    const wrong: readonly (readonly [pem: string, privateKey: string])[] = [
      [chain("not-paypal.crt", "signing-authority.crt"), "not-paypal.key"],
      [chain("paypal-by-paypal.crt", "paypal.crt", "signing-authority.crt"), "paypal-by-paypal.key"],
      [chain("paypal.crt"), "paypal.key"],
      [chain("paypal.crt", "secure-test.crt", "signing-root.crt"), "paypal.key"],
      ["-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "paypal.key"],
      ["<html>", "paypal.key"],
      ["", "paypal.key"],
    ];
    for (const [pem, privateKey] of wrong) {
      answer = answered(pem);
      expect(await verifier().verify(request({}, privateKey))).toMatchObject({
        reason: "The header PAYPAL-CERT-URL does not point to a trusted PayPal certificate.",
      });
    }
    answer = answered(chain("paypal.crt", "secure-test.crt", "signing-authority.crt", "signing-root.crt"));
    expect((await verifier().verify(request())).accepted).toBe(true);
  });

  test("must be valid at the time of receipt", async () => {
    for (const at of [Date.UTC(2024, 11, 31), Date.UTC(2125, 0, 2)])
      expect((await verifier().verify(request({}, "paypal.key", at))).accepted).toBe(false);
  });

  test("of the tests is not trusted by the runtime's own roots", async () => {
    const own = createTestProviders({ outbound }).get("paypal").prepare(sample.config(sample.keys.current));
    expect((await own.verify(request())).accepted).toBe(false);
  });

  test("that cannot be fetched now is not a refusal: the sender should retry", async () => {
    const one = verifier();
    for (const failure of [
      { kind: "failed", code: "timeout", message: "…", retryable: true } as const,
      answered("", 503),
    ]) {
      clock.advance(60_000);
      answer = failure;
      expect((await appErrorOf(async () => one.verify(request()))).kind).toBe("unavailable");
    }
    answer = answered(WHOLE);
    expect((await appErrorOf(async () => one.verify(request()))).kind).toBe("unavailable");
    expect(asked).toHaveLength(2);
    clock.advance(60_000);
    expect((await one.verify(request())).accepted).toBe(true);
  });

  test("that verified a request stays in use while it cannot be fetched again, and is dropped once it is gone", async () => {
    const one = verifier();
    expect((await one.verify(request())).accepted).toBe(true);
    answer = answered("", 503);
    for (const later of [24 * 3_600_000, 60_000, 60_000]) {
      clock.advance(later);
      expect((await one.verify(request())).accepted).toBe(true);
    }
    expect(asked).toHaveLength(4);
    answer = answered("", 404);
    clock.advance(60_000);
    expect((await one.verify(request())).accepted).toBe(false);
  });
});

describe("strangers who name certificates", () => {
  const named = (n: number) => CERT_URL.replace("360caa42", n.toString(16).padStart(8, "0"));
  const ask = async (one: ReturnType<typeof verifier>, url: string, remoteAddress: string) => {
    const changed = { ...request({ "PAYPAL-CERT-URL": url }, "not-paypal.key"), remoteAddress };
    try {
      return (await one.verify(changed)).accepted;
    } catch (error) {
      return error instanceof AppError ? error.kind : null;
    }
  };

  test("cause at most three fetches a minute each, thirty per entrypoint, and 120 in total", async () => {
    answer = answered("", 404);
    const providers = create();
    const prepared = () => providers.get("paypal").prepare(sample.config(sample.keys.current));
    const one = prepared();
    for (let n = 0; n < 10; n++) await ask(one, named(n), "192.0.2.1");
    expect(asked).toHaveLength(3);
    for (let n = 0; n < 50; n++) await ask(one, named(n + 100), `198.51.100.${n}`);
    expect(asked).toHaveLength(30);
    for (let entrypoint = 0; entrypoint < 6; entrypoint++) {
      const other = prepared();
      for (let n = 0; n < 40; n++) await ask(other, named(1_000 * (entrypoint + 1) + n), `203.0.113.${n}`);
    }
    expect(asked).toHaveLength(120);
    clock.advance(60_000);
    await ask(one, named(9_999), "192.0.2.1");
    expect(asked).toHaveLength(121);
  });

  test("do not keep the sender's own certificate from being fetched", async () => {
    const one = verifier();
    answer = answered("", 404);
    for (let n = 0; n < 100; n++) await ask(one, named(n), "192.0.2.1");
    answer = answered(WHOLE);
    expect((await one.verify(request())).accepted).toBe(true);
  });

  test("cannot evict a certificate that verified a request, however many trusted ones they name", async () => {
    const one = verifier();
    expect((await one.verify(request())).accepted).toBe(true);
    for (let n = 0; n < 400; n++) {
      if (n % 20 === 0) clock.advance(60_000);
      expect(await ask(one, named(n), `198.51.100.${n % 250}`)).toBe(false);
    }
    expect(asked).toHaveLength(401);
    expect((await one.verify(request())).accepted).toBe(true);
    expect(asked).toHaveLength(401);
  });
});

test("another algorithm is refused", async () => {
  const verdict = await verifier().verify(request({ "PAYPAL-AUTH-ALGO": "none" }));
  expect(verdict.accepted).toBe(false);
});
