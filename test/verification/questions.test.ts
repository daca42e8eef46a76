import { describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import type { HandshakeAnswer, ReceivedRequest, Refusal } from "../../src/verification/provider.ts";
import { createTestProviders } from "../support/providers.ts";
import { ASKING_SAMPLES } from "./asking-samples.ts";
import { NOW, requestOf, URL_CALLED } from "./sample.ts";
import { json, KEYS } from "./samples.ts";

const providers = createTestProviders();
const encoder = new TextEncoder();
const HOSTILE = `<script>alert("1")</script>&'`;
/** Longer than any provider's challenge. */
const LONG = "x".repeat(2_001);

const sha256 = (text: string, key: string = KEYS.current) =>
  createHmac("sha256", key).update(text).digest("hex");

type Asked = Readonly<{ method?: string; query?: string; headers?: Record<string, string>; body?: unknown }>;

function unsigned({ method = "POST", query = "", headers = {}, body = "" }: Asked): ReceivedRequest {
  const bytes = encoder.encode(typeof body === "string" ? body : json(body));
  return requestOf({ headers, query, body: bytes }, { method });
}

/** The challenge, signed as the provider signs its events. */
async function signed(
  type: string,
  { body = "", headers = {} }: Asked,
  key = KEYS.current,
): Promise<ReceivedRequest> {
  const sample = ASKING_SAMPLES.find((each) => each.type === type);
  if (!sample) throw new Error(`no sample of ${type}`);
  const bytes = encoder.encode(typeof body === "string" ? body : json(body));
  const sent = await sample.sign({ body: bytes, at: NOW, key, url: URL_CALLED });
  return requestOf({ ...sent, headers: { ...sent.headers, ...headers } });
}

type Outcome = HandshakeAnswer | Refusal | null;

/** Processes a request in the order of ingestion. */
async function ask(
  type: string,
  config: Record<string, unknown>,
  request: ReceivedRequest,
): Promise<Outcome> {
  const provider = providers.get(type);
  const verifier = provider.prepare(config);
  if (request.method !== "POST" && !provider.handshakeMethods?.includes(request.method)) return null;
  const answer = verifier.unsignedHandshake?.(request) ?? null;
  if (answer !== null || request.method !== "POST") return answer;
  const verdict = await verifier.verify(request);
  if (!verdict.accepted) return verdict;
  return (await verifier.signedHandshake?.(request)) ?? null;
}

const text = (body: string) => ({ status: 200, contentType: "text/plain; charset=utf-8", body });
const asJson = (value: unknown) => ({ status: 200, contentType: "application/json", body: json(value) });
const inHeader = (name: string, value: string) => ({ ...text(""), headers: { [name]: value } });
const params = (of: Record<string, string>) => new URLSearchParams(of).toString();

const secret = { secret: KEYS.current };
const topics = ["https://feed.example/a?b=c"];

type Row = Readonly<{
  type: string;
  config?: Record<string, unknown>;
  /** A handshake as the provider sends it. */
  asked: (challenge: string) => Asked;
  /** Whether the provider signs the handshake like an event. */
  isSigned?: boolean;
  answered: (challenge: string) => unknown;
  /** Null: any text can be a challenge. */
  forbidden?: readonly string[];
}>;

const UNSIGNED_EVENTS = ['{"a":1}', "[1]", '"a"', "a=1&b=2", "a b", "a\nb", "\u00e4"];
const NO_HEADER_TEXT = ["a b", "\u00e4", "\u0000", "x".repeat(501)];

const ROWS: readonly Row[] = [
  {
    type: "zoom",
    isSigned: true,
    asked: (plainToken) => ({
      body: { event: "endpoint.url_validation", payload: { plainToken }, event_ts: 1 },
    }),
    answered: (plainToken) => asJson({ plainToken, encryptedToken: sha256(plainToken) }),
  },
  {
    type: "linkedin",
    asked: (challengeCode) => ({ method: "GET", query: params({ challengeCode, applicationId: "1" }) }),
    answered: (challengeCode) => asJson({ challengeCode, challengeResponse: sha256(challengeCode) }),
    forbidden: [...UNSIGNED_EVENTS, "hmacsha256=1", "hmacsha256="],
  },
  {
    type: "asana",
    config: {},
    asked: (challenge) => ({ headers: { "X-Hook-Secret": challenge }, body: "{}" }),
    answered: (challenge) => ({ ...inHeader("x-hook-secret", challenge), learns: challenge }),
    forbidden: NO_HEADER_TEXT,
  },
  {
    type: "clio",
    config: {},
    asked: (challenge) => ({ headers: { "X-Hook-Secret": challenge } }),
    answered: (challenge) => ({ ...inHeader("x-hook-secret", challenge), learns: challenge }),
    forbidden: NO_HEADER_TEXT,
  },
  {
    type: "ringcentral",
    asked: (token) => ({ headers: { "Validation-Token": token } }),
    answered: (token) => inHeader("validation-token", token),
    forbidden: NO_HEADER_TEXT,
  },
  {
    type: "front",
    isSigned: true,
    asked: (challenge) => ({
      headers: { "X-Front-Challenge": challenge },
      body: { type: "sync", authorization: {} },
    }),
    answered: text,
  },
  {
    type: "nylas",
    config: {},
    asked: (challenge) => ({ method: "GET", query: params({ challenge }) }),
    answered: text,
  },
  {
    type: "dropbox",
    asked: (challenge) => ({ method: "GET", query: params({ challenge }) }),
    answered: text,
  },
  {
    type: "strava",
    config: { verify_token: "chosen" },
    asked: (challenge) => ({
      method: "GET",
      query: params({ "hub.mode": "subscribe", "hub.verify_token": "chosen", "hub.challenge": challenge }),
    }),
    answered: (challenge) => asJson({ "hub.challenge": challenge }),
  },
  {
    type: "monday",
    asked: (challenge) => ({ body: { challenge } }),
    answered: (challenge) => asJson({ challenge }),
  },
  {
    type: "smartcar",
    isSigned: true,
    asked: (challenge) => ({ body: { eventType: "VERIFY", data: { challenge }, meta: {} } }),
    answered: (challenge) => asJson({ challenge: sha256(challenge) }),
  },
  {
    type: "smartcar",
    asked: (challenge) => ({ body: { version: "2.0", eventName: "verify", payload: { challenge } } }),
    answered: (challenge) => asJson({ challenge: sha256(challenge) }),
    forbidden: UNSIGNED_EVENTS,
  },
  {
    type: "websub",
    config: { ...secret, topics },
    asked: (challenge) => ({
      method: "GET",
      query: params({ "hub.mode": "subscribe", "hub.topic": topics[0] ?? "", "hub.challenge": challenge }),
    }),
    answered: text,
  },
  {
    type: "microsoft-graph",
    asked: (challenge) => ({ query: params({ validationtoken: challenge }) }),
    answered: text,
  },
  {
    type: "event-grid",
    config: { ...secret, place: "header", name: "X-Grid" },
    isSigned: true,
    asked: (validationCode) => ({
      headers: { "aeg-event-type": "SubscriptionValidation" },
      body: [{ eventType: "Microsoft.EventGrid.SubscriptionValidationEvent", data: { validationCode } }],
    }),
    answered: (validationResponse) => asJson({ validationResponse }),
  },
];

describe("the handshake of each provider", () => {
  for (const { type, config = secret, asked, isSigned = false, answered, forbidden } of ROWS) {
    const request = async (challenge: string) =>
      isSigned ? signed(type, asked(challenge)) : unsigned(asked(challenge));
    const get = async (challenge: string) => ask(type, config, await request(challenge));

    test(`${type}: ${isSigned ? "signed, " : ""}gets the exact response that the provider expects`, async () => {
      expect(await get("890e4665-4dfe-4ab1-b689-ed553bceeed0")).toEqual(
        answered("890e4665-4dfe-4ab1-b689-ed553bceeed0") as HandshakeAnswer,
      );
    });

    test(`${type}: never responds with a page, and does not respond to a long or missing challenge`, async () => {
      for (const challenge of forbidden === undefined ? [HOSTILE] : []) {
        expect(await get(challenge)).toEqual(answered(challenge) as HandshakeAnswer);
      }
      for (const challenge of ["", LONG, ...(forbidden ?? [])]) {
        let outcome: Outcome = null;
        try {
          outcome = await get(challenge);
        } catch (error) {
          // Text that a header cannot contain.
          expect(error).toBeInstanceOf(TypeError);
        }
        expect([challenge, outcome !== null && "status" in outcome]).toEqual([challenge, false]);
      }
    });

    if (isSigned) {
      test(`${type}: does not respond if another key signed it, or none`, async () => {
        for (const hostile of [await signed(type, asked("abc"), KEYS.wrong), unsigned(asked(HOSTILE))])
          expect(await ask(type, config, hostile)).not.toMatchObject({ status: 200 });
      });
    }
  }
});

describe("unsigned handshakes", () => {
  test("are not looked for in bodies that are too long for one", async () => {
    const filler = " ".repeat(16 * 1024);
    for (const [type, body] of [
      ["monday", `{"challenge":"a"${filler}}`],
      ["smartcar", `{"eventType":"VERIFY","data":{"challenge":"a"}${filler}}`],
    ] as const) {
      expect(await ask(type, secret, unsigned({ body }))).toMatchObject({ accepted: false });
      expect(await ask(type, secret, unsigned({ body: body.replace(filler, "") }))).toMatchObject({
        status: 200,
      });
    }
  });

  test("are not taken for events, and events not for handshakes", async () => {
    expect(await ask("monday", secret, unsigned({ body: { challenge: "a", event: {} } }))).toMatchObject({
      accepted: false,
    });
    const lost = unsigned({ headers: { "Validation-Token": "a" }, body: { uuid: "1", event: "/x" } });
    expect(await ask("ringcentral", secret, lost)).toMatchObject({ accepted: false });
    const signedToo = unsigned({ headers: { "X-Hook-Secret": "a", "X-Hook-Signature": "00" }, body: "{}" });
    expect(await ask("asana", {}, signedToo)).toMatchObject({ accepted: false });
  });
});

describe("a secret that a handshake brings", () => {
  const handshake = (given: string) => unsigned({ headers: { "X-Hook-Secret": given } });

  test("is stored if there is none, acknowledged again if it is the same, and refused if it differs", async () => {
    for (const type of ["asana", "clio"]) {
      expect(await ask(type, {}, handshake("first"))).toMatchObject({ learns: "first" });
      const again = await ask(type, { secret: "first" }, handshake("first"));
      expect(again).toEqual(inHeader("x-hook-secret", "first"));
      expect(await ask(type, { secret: "first" }, handshake("second"))).toMatchObject({ accepted: false });
    }
  });

  test("is required before any event is accepted", async () => {
    for (const type of ["asana", "clio", "nylas"]) {
      const outcome = await ask(type, {}, await signed(type, { body: "{}" }, ""));
      expect(outcome).toMatchObject({ accepted: false, reason: expect.stringContaining("yet") });
    }
  });
});

describe("subscriptions", () => {
  test("of Strava are refused with another verify token", async () => {
    for (const token of ["", "chose", "chosen "]) {
      const query = params({ "hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "a" });
      expect(
        await ask("strava", { verify_token: "chosen" }, unsigned({ method: "GET", query })),
      ).toMatchObject({ accepted: false });
    }
  });

  test("of Strava bring no events until their id is known", async () => {
    const outcome = await ask(
      "strava",
      { verify_token: "chosen" },
      unsigned({ body: { subscription_id: 1 } }),
    );
    expect(outcome).toMatchObject({ reason: expect.stringContaining("The subscription id is not set yet") });
  });

  test("to a WebSub topic begin if it is listed and end if it is not, whoever asks the hub", async () => {
    const outcomes: unknown[] = [];
    for (const mode of ["subscribe", "unsubscribe", "denied"]) {
      for (const topic of [topics[0] ?? "", "https://feed.example/other", ""]) {
        const query = params({ "hub.mode": mode, "hub.topic": topic, "hub.challenge": "c" });
        const outcome = await ask("websub", { ...secret, topics }, unsigned({ method: "GET", query }));
        outcomes.push(outcome === null ? null : "status" in outcome);
      }
    }
    expect(outcomes).toEqual([true, false, false, false, true, true, null, null, null]);
  });

  test("of WebSub are signed by one of the four hashes, and no other", async () => {
    const sign = (hash: string) => createHmac(hash, KEYS.current).update("a").digest("hex");
    for (const [method, hash, isRight] of [
      ["sha1", "sha1", true],
      ["sha512", "sha512", true],
      ["md5", "md5", false],
      ["sha1", "sha256", false],
      ["sha224", "sha224", false],
    ] as const) {
      const request = unsigned({ body: "a", headers: { "X-Hub-Signature": `${method}=${sign(hash)}` } });
      const verdict = await providers
        .get("websub")
        .prepare({ ...secret, topics })
        .verify(request);
      expect([method, hash, verdict.accepted]).toEqual([method, hash, isRight]);
    }
  });
});

describe("the token of monday.com", () => {
  const base = { exp: Math.floor(NOW / 1_000) + 300 };
  const signToken = (head: unknown, claims: unknown, key = KEYS.current) => {
    const part = (value: unknown) =>
      Buffer.from(typeof value === "string" ? value : json(value)).toString("base64url");
    const start = `${part(head)}.${part(claims)}`;
    return `${start}.${createHmac("sha256", key).update(start).digest("base64url")}`;
  };
  const verdict = async (authorization: string) =>
    (
      await providers
        .get("monday")
        .prepare(secret)
        .verify(unsigned({ headers: { authorization }, body: "{}" }))
    ).accepted;

  test("must be signed by HS256 with the secret, and not expired", async () => {
    const head = { alg: "HS256" };
    expect(await verdict(signToken(head, base))).toBe(true);
    expect(await verdict(`Bearer ${signToken(head, base)}`)).toBe(true);
    const unsignedToken = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(json(base)).toString("base64url")}.`;
    for (const token of [
      ...[
        unsignedToken,
        signToken({ alg: "none" }, base),
        signToken({ alg: "HS512" }, base),
        signToken("{", base),
      ],
      ...[
        signToken(head, base, KEYS.wrong),
        signToken(head, "[]"),
        signToken(head, "null"),
        signToken(head, "{"),
      ],
      ...[
        signToken(head, {}),
        signToken(head, { exp: "9999999999" }),
        signToken(head, { exp: NOW / 1_000 - 61 }),
      ],
      ...[`${signToken(head, base)}.x`, signToken(head, { ...base, a: "x".repeat(9_000) })],
    ])
      expect([token, await verdict(token)]).toEqual([token, false]);
  });
});

test("LinkedIn's signature is accepted with its prefix too", async () => {
  const signature = sha256('hmacsha256={"type":"x"}');
  const verifier = providers.get("linkedin").prepare(secret);
  for (const [given, isRight] of [
    [signature, true],
    [`hmacsha256=${signature}`, true],
    [`hmacsha256=${sha256('{"type":"x"}')}`, false],
  ] as const) {
    const request = unsigned({ body: '{"type":"x"}', headers: { "X-LI-Signature": given } });
    expect((await verifier.verify(request)).accepted).toBe(isRight);
  }
});

test("Event Grid's secret may be in the URL, and must be right before its handshake is answered", async () => {
  const question = {
    headers: { "aeg-event-type": "SubscriptionValidation" },
    body: [{ data: { validationCode: "512d38b6" } }],
  };
  const by = (query: string) => ask("event-grid", secret, unsigned({ ...question, query }));
  expect(await by(`a=1&code=${KEYS.current}`)).toMatchObject({ body: '{"validationResponse":"512d38b6"}' });
  for (const query of ["", "code=", `code=${KEYS.wrong}`])
    expect(await by(query)).toMatchObject({ accepted: false });
});

test("headers identify the provider", () => {
  const recognized = (headers: Record<string, string>) =>
    providers.list().find(({ recognizes }) => recognizes?.(new Headers(headers)))?.type ?? null;
  expect(recognized({ "x-zm-signature": "v0=" })).toBe("zoom");
  expect(recognized({ "x-hook-signature": "00" })).toBe("asana");
  expect(recognized({ "aeg-event-type": "Notification" })).toBe("event-grid");
  expect(recognized({ "x-hub-signature": "sha1=00" })).toBeNull();
});
