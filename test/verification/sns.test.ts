import { beforeEach, describe, expect, test } from "bun:test";
import { sign as signBy } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Outbound, OutboundResult } from "../../src/outbound/outbound.ts";
import { findConfirmation } from "../../src/verification/public-keys/sns.ts";
import { createFakeClock } from "../support/fake-clock.ts";
import { createTestProviders } from "../support/providers.ts";
import { appErrorOf } from "../support/thrown.ts";
import { describeProviderContract } from "./contract.ts";
import { requestOf, type Sample, type Sent, type Signing } from "./sample.ts";

const fixture = (name: string) => readFileSync(join(import.meta.dir, "../support/tls", name), "utf8");
const CERT_URL = `https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-${"0a".repeat(16)}.pem`;
const ARN = "arn:aws:sns:eu-central-1:123456789012:orders";
const OTHER = "arn:aws:sns:eu-central-1:210987654321:orders";
const SUBSCRIBE = (arn = ARN, more = "") =>
  `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${arn}&Token=2336${more}`;

const answered = (body: string, statusCode = 200): OutboundResult => ({
  kind: "response",
  response: { statusCode, headers: [], body: new TextEncoder().encode(body), bodyTruncated: false },
});
const FAILED: OutboundResult = { kind: "failed", code: "forbidden_address", message: "…", retryable: false };

let asked: string[] = [];
let certificate: OutboundResult;
let confirmation: OutboundResult;
const outbound: Pick<Outbound, "request"> = {
  async request({ url, method }) {
    asked.push(`${method} ${url}`);
    return url.endsWith(".pem") ? certificate : confirmation;
  },
};
const clock = createFakeClock();
const prepare = (config: Record<string, unknown> = { topics: [ARN] }) =>
  createTestProviders({ outbound, clock }).get("aws-sns").prepare(config);

type Message = Record<string, string>;

const NOTIFICATION: Message = {
  Type: "Notification",
  MessageId: "22b80b92",
  TopicArn: ARN,
  Subject: "Hi",
  Message: '{"a":1}',
  Timestamp: "2026-01-02T03:04:05.000Z",
};
const QUESTION: Message = {
  Type: "SubscriptionConfirmation",
  MessageId: "165545c9",
  Token: "2336",
  TopicArn: ARN,
  Message: "You have chosen to subscribe",
  SubscribeURL: SUBSCRIBE(),
  Timestamp: "2026-01-02T03:04:05.000Z",
};

/** The signed text as AWS describes it: names in alphabetical order, each with its value, line by line. */
function signMessage(message: Message, { version = "2", key = "sns.key", url = CERT_URL } = {}): Message {
  const names = Object.keys(message).sort();
  const text = names.map((name) => `${name}\n${message[name]}\n`).join("");
  const signature = signBy(version === "1" ? "sha1" : "sha256", Buffer.from(text), fixture(key)).toString(
    "base64",
  );
  return {
    ...message,
    SignatureVersion: version,
    Signature: signature,
    SigningCertURL: url,
    UnsubscribeURL: "https://x",
  };
}

const sent = (message: Message | string, kind = "Notification", headers = {}): Sent => ({
  body: new TextEncoder().encode(typeof message === "string" ? message : JSON.stringify(message)),
  headers: { "x-amz-sns-message-type": kind, "content-type": "text/plain; charset=UTF-8", ...headers },
});
const requestWith = (message: Message | string, kind?: string, headers?: Record<string, string>) =>
  requestOf(sent(message, kind, headers));
const reasonOf = async (request: ReturnType<typeof requestOf>, by = prepare()) => {
  const verdict = await by.verify(request);
  return verdict.accepted ? null : verdict.reason;
};

beforeEach(() => {
  asked = [];
  clock.advance(60_000);
  certificate = answered(fixture("sns.crt"));
  confirmation = answered("<ConfirmSubscriptionResponse/>");
});

const sample: Sample = {
  type: "aws-sns",
  keys: { current: ARN, next: `${ARN}-next`, wrong: OTHER },
  config: (topic, previous) => ({ topics: previous === undefined ? [topic] : [topic, previous] }),
  isPublic: true,
  sign: ({ body, key }: Signing) => {
    const text = new TextDecoder().decode(body);
    return text === "{}" ? sent(signMessage({ ...NOTIFICATION, TopicArn: key })) : { ...sent(text), body };
  },
  headers: ["x-amz-sns-message-type"],
  signatureHeader: null,
  body: "{}",
  eventType: "Notification",
  duplicateId: "22b80b92",
  toleranceSeconds: null,
  signsBody: false,
  refusesEmpty: true,
};
describeProviderContract(sample, createTestProviders({ outbound, clock }));

describe("a message of Amazon SNS", () => {
  test("is accepted in both signature versions, of each kind, and with any signed text", async () => {
    for (const version of ["1", "2"]) {
      for (const message of [
        NOTIFICATION,
        { ...NOTIFICATION, Message: 'wörld\n"\u2028'.repeat(20_000) },
        QUESTION,
      ]) {
        const kind = message.Type;
        expect(await reasonOf(requestWith(signMessage(message, { version }), kind))).toBeNull();
      }
    }
    const { Subject: _, ...withoutSubject } = NOTIFICATION;
    expect(await reasonOf(requestWith(signMessage(withoutSubject)))).toBeNull();
    const ending = { ...QUESTION, Type: "UnsubscribeConfirmation" };
    expect(await reasonOf(requestWith(signMessage(ending), "UnsubscribeConfirmation"))).toBeNull();
  });

  test("is refused if any signed value was changed, added or left out", async () => {
    const right = signMessage(NOTIFICATION);
    for (const name of Object.keys(NOTIFICATION)) {
      const { [name]: _, ...without } = right;
      for (const message of [{ ...right, [name]: `${right[name]}x` }, without])
        expect([name, await reasonOf(requestWith(message))]).toEqual([name, expect.any(String)]);
    }
    for (const changed of [
      { SignatureVersion: "3" },
      { SignatureVersion: "1" },
      { Signature: "" },
      { Signature: "%" },
    ])
      expect(await reasonOf(requestWith({ ...right, ...changed }))).not.toBeNull();
  });

  test("is refused with a repeated field, because another reader could take the unsigned value", async () => {
    const text = JSON.stringify(signMessage(NOTIFICATION));
    for (const doubled of [
      `{"Message":"evil",${text.slice(1)}`,
      `${text.slice(0, -1)},"Message":"evil"}`,
      `${text.slice(0, -1)},"\\u004dessage":"evil"}`,
    ])
      expect(await reasonOf(requestWith(doubled))).toBe("The body contains a field twice.");
    expect(asked).toEqual([]);
  });

  test("is refused as a form field, beside which anything could be", async () => {
    const form = `payload=${encodeURIComponent(JSON.stringify(signMessage(NOTIFICATION)))}&Message=evil`;
    const request = requestWith(form, "Notification", {
      "content-type": "application/x-www-form-urlencoded",
    });
    expect(await reasonOf(request)).toContain("form");
  });

  test("is refused for an unlisted topic, before anything is fetched, even with a valid signature", async () => {
    expect(await reasonOf(requestWith(signMessage({ ...NOTIFICATION, TopicArn: OTHER })))).toContain("topic");
    expect(asked).toEqual([]);
    const account = prepare({ topics: ["123456789012"] });
    expect(
      await reasonOf(requestWith(signMessage({ ...NOTIFICATION, TopicArn: `${ARN}-2` })), account),
    ).toBeNull();
    expect(await reasonOf(requestWith(signMessage({ ...NOTIFICATION, TopicArn: OTHER })), account)).toContain(
      "topic",
    );
  });

  test("is refused with the cause if raw delivery is on or it is too large", async () => {
    expect(
      await reasonOf(requestWith("hello", "Notification", { "x-amz-sns-rawdelivery": "true" })),
    ).toContain("Raw");
    const huge = signMessage({ ...NOTIFICATION, Message: "x".repeat(1024 * 1024) });
    expect(await reasonOf(requestWith(huge))).not.toBeNull();
    expect(asked).toEqual([]);
  });

  test("requires topics, because anyone's topic has a valid signature", () => {
    const { configSchema } = createTestProviders().get("aws-sns");
    for (const topics of [
      [],
      ["*"],
      ["arn:aws:sns:eu-central-1:*:orders"],
      ["12345"],
      [""],
      ["arn:aws:sqs:eu-central-1:123456789012:a"],
    ])
      expect([topics, configSchema.safeParse({ topics }).success]).toEqual([topics, false]);
    for (const topic of [
      ARN,
      "123456789012",
      "arn:aws-cn:sns:cn-north-1:123456789012:a.fifo",
      "arn:aws-us-gov:sns:us-gov-west-1:123456789012:a_b-c",
    ])
      expect([topic, configSchema.safeParse({ topics: [topic] }).success]).toEqual([topic, true]);
  });
});

describe("SNS's certificate", () => {
  const FILE = CERT_URL.slice(CERT_URL.lastIndexOf("/"));

  test("is fetched from SNS only, under one form of its URL", async () => {
    const urls = [
      ...[
        CERT_URL.replace("https:", "http:"),
        `${CERT_URL}?a=1`,
        `${CERT_URL}#a`,
        CERT_URL.replace(".pem", ".txt"),
      ],
      ...[`https://sns.eu-central-1.amazonaws.com.evil.example${FILE}`, `https://evil.example${FILE}`],
      ...[
        `https://sns.eu-central-1.amazonaws.com@evil.example${FILE}`,
        `https://sns.eu-central-1.amazonaws.com:8443${FILE}`,
      ],
      ...[`https://a.sns.eu-central-1.amazonaws.com${FILE}`, `https://s3.eu-central-1.amazonaws.com${FILE}`],
      ...[
        `https://sns.amazonaws.com.eu-central-1.evil.example${FILE}`,
        `https://sns.evil.amazonaws.com${FILE}`,
      ],
      ...[
        `https://sns.eu-central-1.amazonaws.com/a${FILE}`,
        `https://sns.eu-central-1.amazonaws.com/../${FILE}`,
      ],
      ...[
        "https://sns.eu-central-1.amazonaws.com/?Action=a.pem",
        "file:///etc/passwd",
        "",
        "https://127.0.0.1/a.pem",
      ],
      ...[
        CERT_URL.toUpperCase(),
        ` ${CERT_URL}`,
        `https://sns.eu-central-1.amazonaws.com${FILE.replace("0a", "0g")}`,
      ],
    ];
    for (const url of urls) {
      const reason = await reasonOf(requestWith(signMessage(NOTIFICATION, { url })));
      expect([url, reason]).toEqual([url, "SigningCertURL does not point to a trusted SNS certificate."]);
    }
    expect(asked).toEqual([]);
    for (const host of [
      "sns.us-gov-west-1.amazonaws.com",
      "sns.cn-north-1.amazonaws.com.cn",
      "sns.ap-southeast-2.amazonaws.com",
    ])
      expect(
        await reasonOf(requestWith(signMessage(NOTIFICATION, { url: `https://${host}${FILE}` }))),
      ).toBeNull();
  });

  test("must be SNS's, and valid at the time of receipt", async () => {
    certificate = answered(fixture("paypal.crt"));
    expect(await reasonOf(requestWith(signMessage(NOTIFICATION, { key: "paypal.key" })))).toContain(
      "trusted",
    );
    certificate = answered(fixture("sns.crt"));
    const by = prepare();
    for (const receivedAt of [Date.UTC(2024, 11, 31), Date.UTC(2125, 0, 2)])
      expect((await by.verify({ ...requestWith(signMessage(NOTIFICATION)), receivedAt })).accepted).toBe(
        false,
      );
  });
});

describe("the confirmation of a subscription", () => {
  const ask = async (message: Message, config?: Record<string, unknown>) => {
    const verifier = prepare(config);
    const request = requestWith(signMessage(message), message.Type);
    expect(await reasonOf(request, verifier)).toBeNull();
    return (await verifier.signedHandshake?.(request)) ?? null;
  };

  test("calls SNS after its signature was verified", async () => {
    expect(await ask(QUESTION)).toEqual({ status: 200, contentType: "text/plain; charset=utf-8", body: "" });
    expect(asked).toEqual([`GET ${CERT_URL}`, `GET ${SUBSCRIBE()}`]);
    const forged = requestWith({ ...signMessage(QUESTION), Token: "another" }, "SubscriptionConfirmation");
    expect(await reasonOf(forged)).toContain("signature");
  });

  test("should be sent again if SNS cannot be reached or refuses", async () => {
    for (const failure of [FAILED, answered("", 403), answered("", 301)]) {
      confirmation = failure;
      const error = await appErrorOf(() => ask(QUESTION));
      expect([error.kind, error.code]).toEqual(["unavailable", "subscription_not_confirmed"]);
    }
  });

  test("calls only SNS, whatever is signed, and confirms only that topic", async () => {
    const urls = [
      ...[
        "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription",
        "https://127.0.0.1/",
        "https://evil.example/",
      ],
      ...[
        SUBSCRIBE(OTHER),
        SUBSCRIBE(ARN, `&TopicArn=${OTHER}`),
        SUBSCRIBE(ARN, "&Action=Unsubscribe"),
        SUBSCRIBE(ARN, "#a"),
      ],
      ...[SUBSCRIBE().replace("ConfirmSubscription", "DeleteTopic"), SUBSCRIBE().replace("/?", "/x?"), ""],
      ...[SUBSCRIBE().replace("amazonaws.com", "amazonaws.com:81"), SUBSCRIBE().replace("sns.", "u@sns.")],
    ];
    for (const url of urls) expect([url, await ask({ ...QUESTION, SubscribeURL: url })]).toEqual([url, null]);
    expect(asked.filter((call) => !call.endsWith(".pem"))).toEqual([]);
  });

  test("is stored as an event with the link if so configured", async () => {
    expect(await ask(QUESTION, { topics: [ARN], confirm: "show" })).toBeNull();
    expect(asked).toEqual([`GET ${CERT_URL}`]);
    expect(findConfirmation(requestWith(signMessage(QUESTION), "SubscriptionConfirmation"))).toEqual({
      url: SUBSCRIBE(),
      topicArn: ARN,
    });
    const hostile = { ...QUESTION, SubscribeURL: "javascript:alert(1)" };
    expect(findConfirmation(requestWith(hostile, "SubscriptionConfirmation"))).toBeNull();
    expect(findConfirmation(requestWith(NOTIFICATION))).toBeNull();
  });

  test("is not a notification, and no notification is a confirmation", async () => {
    expect(await ask(NOTIFICATION)).toBeNull();
    const disguised = requestWith(signMessage(NOTIFICATION), "SubscriptionConfirmation");
    expect(await reasonOf(disguised)).toContain("not an SNS message");
  });
});
