import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { entrypointSettingsSchema } from "../../src/settings/entrypoint-settings.ts";
import { sealConfig } from "../../src/settings/sealed-config.ts";
import { createTestProviders } from "../support/providers.ts";
import { ENTRYPOINT, type IngestServer, keys, startIngest } from "./ingest-server.ts";

const SECRET = "a-secret";
const providers = createTestProviders();
const HOSTILE = `<script>alert("1")</script>&'`;

let ingest: IngestServer;

beforeEach(() => {
  ingest = startIngest();
});
afterEach(() => ingest.stop());

function set(settings: Record<string, unknown>, type?: string): void {
  const verification =
    type === undefined
      ? null
      : {
          type,
          config: sealConfig({
            type: providers.get(type),
            config: { secret: SECRET },
            owner: `entrypoints:${ENTRYPOINT}`,
            keys,
          }),
        };
  ingest.setRoute({ settings, verification });
}

const get = (query: string, headers: Record<string, string> = {}) =>
  fetch(`${ingest.url}/webhook/${ENTRYPOINT}${query}`, { headers });
const digest = (text: string, encoding: "hex" | "base64" = "hex") =>
  createHmac("sha256", SECRET).update(text).digest(encoding);
const signature = (body: string) => ({ "x-hub-signature-256": `sha256=${digest(body)}` });

async function answerOf(answer: Response) {
  const type = answer.headers.get("content-type");
  expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  return [answer.status, type, await answer.text()];
}

const TEXT = "text/plain; charset=utf-8";
const JSON_TYPE = "application/json";

describe("a challenge described by the settings", () => {
  test("in the query of GET and POST gets a response, and stores no event", async () => {
    set({ question_from: "?challenge" });
    expect(await answerOf(await get("?a=1&challenge=b%2Bc"))).toEqual([200, TEXT, "b+c"]);
    expect(await answerOf(await ingest.post("?challenge=x", { body: "{}" }))).toEqual([200, TEXT, "x"]);
    expect(ingest.stored).toEqual([]);
  });

  test("in a header gets a response in a header", async () => {
    set({ question_from: "Validation-Token", question_answer: "header", question_name: "Validation-Token" });
    const answer = await ingest.post("", { headers: { "validation-token": "abc" } });
    expect(answer.headers.get("validation-token")).toBe("abc");
    expect(await answerOf(answer)).toEqual([200, TEXT, ""]);
  });

  test("in the JSON body gets a response in a field", async () => {
    set({ question_from: "$.data.challenge", question_answer: "json", question_name: "challenge" });
    const answer = await ingest.post("", { body: '{"data":{"challenge":"a\\"b"}}' });
    expect(await answerOf(answer)).toEqual([200, JSON_TYPE, '{"challenge":"a\\"b"}']);
  });

  test("is recognized only if the condition holds; anything else is an event", async () => {
    set({ question_from: "$.challenge", question_when: "$.type=verify=it" });
    expect(await (await ingest.post("", { body: '{"type":"verify=it","challenge":"a"}' })).text()).toBe("a");
    for (const body of [
      '{"type":"other","challenge":"a"}',
      '{"challenge":"a"}',
      '{"type":"verify=it"}',
      "{",
      "",
    ])
      expect((await ingest.post("", { body })).headers.get("x-webhooker-event-id")).not.toBeNull();
    expect(ingest.stored).toHaveLength(5);
  });

  test("with a method that is not allowed is refused if it contains no challenge", async () => {
    set({ question_from: "?challenge" });
    for (const query of ["", "?challenge=", `?challenge=${"x".repeat(2_001)}`, "?Challenge=a"])
      expect((await get(query)).status).toBe(405);
    for (const method of ["PUT", "DELETE", "HEAD", "OPTIONS"])
      expect((await fetch(`${ingest.url}/webhook/${ENTRYPOINT}?challenge=a`, { method })).status).toBe(405);
  });

  test("never gets a page as its response", async () => {
    const query = `?c=${encodeURIComponent(HOSTILE)}`;
    set({ question_from: "?c" });
    expect(await answerOf(await get(query))).toEqual([200, TEXT, HOSTILE]);
    set({ question_from: "?c", question_answer: "json", question_name: "c" });
    expect(await answerOf(await get(query))).toEqual([200, JSON_TYPE, JSON.stringify({ c: HOSTILE })]);
    set({ question_from: "?c", question_answer: "header", question_name: "X-C" });
    for (const hostile of ["?c=a%0d%0aSet-Cookie:%20a", "?c=%00", "?c=%C3%A4", `?c=${"x".repeat(501)}`]) {
      const answer = await get(hostile);
      expect([hostile, answer.status, answer.headers.get("set-cookie")]).toEqual([hostile, 405, null]);
    }
  });

  test("is not looked for in a body that is too long for one", async () => {
    set({ question_from: "$.challenge" });
    const long = `{"challenge":"a","more":"${"x".repeat(16 * 1024)}"}`;
    expect((await ingest.post("", { body: long })).headers.get("x-webhooker-event-id")).not.toBeNull();
  });
});

describe("a response with an HMAC", () => {
  const settings = { question_from: "?crc", question_answer: "json", question_name: "token" };

  test("uses the verification's secret, with or without the challenge", async () => {
    set({ ...settings, question_hmac: "hex", question_hmac_name: "signed" }, "github");
    expect(await (await get("?crc=abc")).json()).toEqual({ token: "abc", signed: digest("abc") });
    set({ ...settings, question_hmac: "base64" }, "github");
    expect(await (await get("?crc=abc")).json()).toEqual({ token: digest("abc", "base64") });
    set({ question_from: "?crc", question_hmac: "hex" }, "github");
    expect(await (await get("?crc=abc")).text()).toBe(digest("abc"));
  });

  test("is refused if the verification has no secret", async () => {
    set({ ...settings, question_hmac: "hex" });
    expect((await get("?crc=abc")).status).toBe(401);
    expect(ingest.lines[0]?.fields).toMatchObject({ reason: expect.stringContaining("no secret") });
  });

  test("is never the signature of a possible event", async () => {
    set({ ...settings, question_from: "?crc", question_hmac: "hex" }, "github");
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.json(), fc.string({ minLength: 1, maxLength: 40 })), async (body) => {
        const answer = await get(`?crc=${encodeURIComponent(body)}`);
        if (answer.status !== 200) return;
        expect(body).toMatch(/^[0-9a-z_+/.:~-]+={0,2}$/i);
      }),
      { numRuns: 80, seed: 11 },
    );
    const forged = '{"action":"pay"}';
    expect((await get(`?crc=${encodeURIComponent(forged)}`)).status).toBe(405);
  });
});

describe("a challenge that must be verified", () => {
  const settings = {
    question_from: "$.payload.plainToken",
    question_when: "$.event=endpoint.url_validation",
    question_answer: "json",
    question_name: "plainToken",
    question_hmac: "hex",
    question_hmac_name: "encryptedToken",
    question_verified: true,
  };
  const body = JSON.stringify({ event: "endpoint.url_validation", payload: { plainToken: 'q{"a"}' } });

  test("gets a response for any text if its signature is valid, and is refused otherwise", async () => {
    set(settings, "github");
    expect((await ingest.post("", { body })).status).toBe(401);
    const answer = await ingest.post("", { body, headers: signature(body) });
    expect(await answer.json()).toEqual({ plainToken: 'q{"a"}', encryptedToken: digest('q{"a"}') });
    const event = '{"event":"meeting.started"}';
    expect((await ingest.post("", { body: event, headers: signature(event) })).status).toBe(200);
    expect(ingest.stored).toHaveLength(1);
  });
});

describe("settings of a challenge", () => {
  const faultsOf = (settings: Record<string, unknown>) =>
    entrypointSettingsSchema.safeParse(settings).error?.issues.map(({ path }) => path[0]);

  test("are refused if they make no sense, each at its field", () => {
    const rows: readonly (readonly [Record<string, unknown>, string | undefined])[] = [
      [{ question_from: "?challenge" }, undefined],
      [{ question_from: "?a b" }, "question_from"],
      [{ question_from: "?" }, "question_from"],
      [{ question_from: "$." }, "question_from"],
      [{ question_from: "a b" }, "question_from"],
      [{ question_from: "?c", question_when: "$.type" }, "question_when"],
      [{ question_from: "?c", question_when: "a b=c" }, "question_when"],
      [{ question_from: "?c", question_when: "$.type=a b" }, undefined],
      [{ question_from: "?c", question_answer: "json" }, "question_name"],
      [{ question_from: "?c", question_answer: "header" }, "question_name"],
      [{ question_from: "?c", question_hmac_name: "a" }, "question_hmac_name"],
      [
        {
          question_from: "?c",
          question_answer: "json",
          question_name: "a",
          question_hmac: "hex",
          question_hmac_name: "a",
        },
        "question_hmac_name",
      ],
    ];
    for (const [settings, field] of rows)
      expect([settings, faultsOf(settings)?.[0]]).toEqual([settings, field]);
  });

  test("cannot name a header that browsers or proxies act on", () => {
    const named = (question_name: string) =>
      faultsOf({ question_from: "?c", question_answer: "header", question_name });
    for (const name of ["X-Hook-Secret", "Validation-Token", "X-Challenge", "Webhook-Verify"])
      expect([name, named(name)]).toEqual([name, undefined]);
    for (const name of [
      ...[
        "Set-Cookie",
        "Location",
        "Link",
        "Alt-Svc",
        "Access-Control-Allow-Origin",
        "Content-Type",
        "Refresh",
      ],
      ...["X-Accel-Redirect", "X-Sendfile", "X-Frame-Options", "X-Webhooker-Event-Id", "Clear-Site-Data"],
    ])
      expect([name, named(name)]).toEqual([name, ["question_name"]]);
  });
});
