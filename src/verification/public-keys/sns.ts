/** Verifies Amazon SNS, which signs by RSA with a certificate that each message names, and confirms subscriptions. */
import { z } from "zod";
import { isFormType } from "../../bodies/form-values.ts";
import { AppError } from "../../lib/errors.ts";
import type { Outbound } from "../../outbound/outbound.ts";
import { decode, type Hash } from "../hmac/signature.ts";
import {
  ACCEPTED,
  type HandshakeAnswer,
  type Provider,
  type ReceivedRequest,
  refused,
  type Verdict,
} from "../provider.ts";
import { isSignedBy } from "../public-key.ts";
import { missing } from "../refusals.ts";
import { makeReadable, readerOf, textAt, valuesOf } from "../request-place.ts";
import type { CertificateFinder, SigningCertificates } from "./signing-certificates.ts";
import { readSubscribeUrl } from "./sns-urls.ts";

export const SNS_TYPE = "aws-sns";
const TYPE = "x-amz-sns-message-type";
const RAW = "x-amz-sns-rawdelivery";
const CONFIRMATION = "SubscriptionConfirmation";
const CONNECT_TIMEOUT_MS = 3_000;
const TIMEOUT_MS = 8_000;
const MAX_ANSWER_BYTES = 16 * 1024;
/** A message has about 12 fields. */
const MOST_NAMES = 50;

/** The signed fields of each kind of message, in this order. Absent fields are skipped. */
const SIGNED: Readonly<Record<string, readonly string[]>> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  [CONFIRMATION]: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
};

const HASHES: Readonly<Record<string, Hash>> = { "1": "sha1", "2": "sha256" };

const TOPIC = /^(?:\d{12}|arn:aws(?:-[a-z]+)*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?)$/;

const configSchema = z.strictObject({
  topics: z
    .array(z.string().trim().regex(TOPIC, "must be a topic ARN, or the 12 digits of an AWS account"))
    .min(1, "must name at least one")
    .max(100)
    .describe("Topic ARNs, or AWS accounts, whose messages are accepted."),
  confirm: z
    .enum(["fetch", "show"])
    .default("fetch")
    .describe(
      "fetch: subscriptions to these topics are confirmed automatically. show: the confirmation request is stored as an event that contains the link.",
    ),
});

/** https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html */
export function createSnsProvider(deps: {
  certificates: SigningCertificates;
  outbound: Pick<Outbound, "request">;
}): Provider<z.infer<typeof configSchema>> {
  const { certificates, outbound } = deps;
  return {
    type: SNS_TYPE,
    label: "Amazon SNS",
    description:
      "Checks the signature of Amazon SNS's messages with the certificate fetched from AWS, and accepts only messages of the topics below. The subscription is confirmed when SNS asks. Turn raw message delivery off: SNS does not sign raw messages.",
    configSchema,
    fields: [
      {
        name: "topics",
        label: "Topics",
        kind: "list",
        required: true,
        placeholder: "arn:aws:sns:eu-central-1:123456789012:orders",
        help: "Topic ARNs, one per line, or the 12 digits of an AWS account to accept all its topics. Anyone's topic has a valid signature, so only this list protects you.",
      },
      {
        name: "confirm",
        label: "Subscriptions to these topics",
        kind: "select",
        options: [
          { value: "fetch", label: "are confirmed automatically" },
          { value: "show", label: "are stored as events that contain the confirmation link" },
        ],
      },
    ],
    recognizes: (headers) => headers.has(TYPE),
    prepare({ topics, confirm }) {
      const find = certificates.openFinder();
      const isOurs = (arn: string) => topics.includes(arn) || topics.includes(arn.split(":")[4] ?? "");
      return {
        verify: (request) => verifyMessage(request, { find, isOurs }),
        signedHandshake: (request) => (confirm === "fetch" ? confirmSubscription(request, outbound) : null),
        eventType: readerOf("$.Type"),
        duplicateId: readerOf("$.MessageId"),
      };
    },
  };
}

async function verifyMessage(
  request: ReceivedRequest,
  { find, isOurs }: { find: CertificateFinder; isOurs: (arn: string) => boolean },
): Promise<Verdict> {
  const { headers, remoteAddress, receivedAt } = request;
  const kind = headers.get(TYPE);
  if (kind === null) return missing(TYPE);
  if (headers.get(RAW) === "true")
    return refused(
      "Raw message delivery is on for this subscription, and SNS does not sign raw messages. Turn it off.",
    );
  const readable = makeReadable(request);
  if (readable !== null) await readable;
  // A form could carry a valid message beside unsigned fields.
  if (isFormType(headers.get("content-type") ?? ""))
    return refused("The body is a form, not an SNS message.");
  const names = SIGNED[kind];
  if (names === undefined || textAt(request, "Type") !== kind)
    return refused("The body is not an SNS message.");
  // Values are signed, not the body: if a name appears twice, targets might read the unsigned value.
  if (hasNameTwice(request)) return refused("The body contains a field twice.");
  if (!isOurs(textAt(request, "TopicArn") ?? "")) return refused("The message's topic is not listed.");
  const hash = HASHES[textAt(request, "SignatureVersion") ?? ""];
  const signature = decode(textAt(request, "Signature") ?? "", "base64");
  if (hash === undefined || signature === null || signature.byteLength === 0)
    return refused("The message does not contain a signature in the expected format.");
  const url = textAt(request, "SigningCertURL") ?? "";
  const trusted = await find({ url, remoteAddress });
  if (trusted === null || receivedAt < trusted.validFrom || receivedAt > trusted.validTo)
    return refused("SigningCertURL does not point to a trusted SNS certificate.");
  const parts = names.flatMap((name) => {
    const value = textAt(request, name);
    return value === null ? [] : [`${name}\n${value}\n`];
  });
  if (!isSignedBy({ keys: [trusted.key], hash, parts, signature }))
    return refused("The message's signature does not match.");
  trusted.proveRight();
  return ACCEPTED;
}

function hasNameTwice(request: ReceivedRequest): boolean {
  const seen = new Set<string>();
  for (const name of valuesOf(request).names()) {
    if (seen.has(name) || seen.size === MOST_NAMES) return true;
    seen.add(name);
  }
  return false;
}

/**
 * Confirms a subscription; null if the message is not a confirmation. Rejects with AppError `unavailable` if SNS should
 * ask again.
 */
async function confirmSubscription(
  request: ReceivedRequest,
  outbound: Pick<Outbound, "request">,
): Promise<HandshakeAnswer | null> {
  if (textAt(request, "Type") !== CONFIRMATION) return null;
  const url = readSubscribeUrl(textAt(request, "SubscribeURL") ?? "", textAt(request, "TopicArn") ?? "");
  if (url === null) return null;
  const result = await outbound.request({
    url: url.href,
    method: "GET",
    headers: [["Accept", "*/*"]],
    body: new Uint8Array(0),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    timeoutMs: TIMEOUT_MS,
    maxResponseBytes: MAX_ANSWER_BYTES,
    signal: new AbortController().signal,
  });
  const status = result.kind === "response" ? result.response.statusCode : 0;
  if (status >= 200 && status < 300)
    return { status: 200, contentType: "text/plain; charset=utf-8", body: "" };
  throw new AppError({
    kind: "unavailable",
    code: "subscription_not_confirmed",
    message: "The subscription could not be confirmed. SNS will ask again.",
    retryAfterSeconds: 30,
  });
}

/** Returns the confirmation link of an event that SNS sent; null if the event is not a confirmation. */
export function findConfirmation(
  message: Pick<ReceivedRequest, "body" | "headers">,
): Readonly<{ url: string; topicArn: string }> | null {
  if (message.headers.get(TYPE) !== CONFIRMATION) return null;
  const textOf = (name: string) => {
    const value = valuesOf(message).at(name);
    return value?.kind === "text" ? value.text : "";
  };
  const topicArn = textOf("TopicArn");
  const url = readSubscribeUrl(textOf("SubscribeURL"), topicArn);
  return url === null ? null : { url: url.href, topicArn };
}
