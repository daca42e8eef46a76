/** Verifies Standard Webhooks, which Svix and many of its users sign by: https://www.standardwebhooks.com */
import { z } from "zod";
import { newId } from "../../lib/ids.ts";
import {
  secretFields,
  secretShape,
  toleranceField,
  toleranceSeconds as toleranceSchema,
} from "../config-fields.ts";
import { readEd25519Key } from "../ed25519.ts";
import { judgeFreshness } from "../freshness.ts";
import { decode, decodeKey, hmac, matchesAny } from "../hmac/signature.ts";
import { type Provider, type ReceivedRequest, refused, type Verdict, type Verifier } from "../provider.ts";
import { isRight, joined } from "../public-key.ts";
import { missing, wrongSignature } from "../refusals.ts";
import { readerOf } from "../request-place.ts";
import { runSteps, type Steps } from "../steps.ts";

const TOLERANCE_SECONDS = 300;
/** Further signatures are ignored: each ed25519 check costs 0.1 ms. */
const MAX_SIGNATURES = 16;
const PUBLIC = "whpk_";

/** Returns whether one of the signatures is valid for the signed text; one function per kind of key. */
type Key = (signed: readonly (string | Uint8Array)[], signatures: Signatures) => Steps<boolean>;
type Signatures = Readonly<{ v1: readonly Uint8Array[]; v1a: readonly Uint8Array[] }>;

/** Reads a secret or a public key in the standard's form; null for other text. A secret's prefix is optional. */
export function readStandardKey(text: string): Key | null {
  if (text.startsWith(PUBLIC)) return readPublicKey(text.slice(PUBLIC.length));
  const bytes = bytesOfSecret(text);
  if (bytes === null || bytes.byteLength === 0) return null;
  return function* isSigned(signed, { v1 }) {
    yield;
    return matchesAny(v1, [hmac("sha256", bytes, signed)]);
  };
}

/** Null for text that is no secret. Supabase shows secrets after the version that they sign by: "v1,whsec_…". */
function bytesOfSecret(text: string): Uint8Array | null {
  const [, encoded = text] = /^(?:v1,)?whsec_(.*)$/.exec(text) ?? [];
  return decodeKey(encoded, "base64");
}

function readPublicKey(text: string): Key | null {
  const key = readEd25519Key(text, "base64");
  if (key === null) return null;
  return function* isSigned(parts, { v1a }) {
    const signed = joined(parts);
    for (const signature of v1a) {
      yield;
      if (isRight({ key, hash: null, signed, signature })) return true;
    }
    return false;
  };
}

/** Returns the header names in use. `svix-` is the prefix from before the standard. */
function nameHeaders(headers: Headers) {
  const prefix = headers.has("webhook-signature") || !headers.has("svix-signature") ? "webhook" : "svix";
  return { id: `${prefix}-id`, timestamp: `${prefix}-timestamp`, signature: `${prefix}-signature` };
}

export function isStandard(headers: Headers): boolean {
  return headers.has("webhook-signature") || headers.has("svix-signature");
}

export function* verifyStandard(options: {
  request: ReceivedRequest;
  keys: readonly Key[];
  toleranceSeconds?: number | undefined;
}): Steps<Verdict> {
  const { request, keys, toleranceSeconds = TOLERANCE_SECONDS } = options;
  const { headers, body, receivedAt } = request;
  const names = nameHeaders(headers);
  const id = headers.get(names.id);
  const timestamp = headers.get(names.timestamp);
  const signature = headers.get(names.signature);
  if (id === null) return missing(names.id);
  if (timestamp === null) return missing(names.timestamp);
  if (signature === null) return missing(names.signature);
  const signatures = split(signature);
  if (signatures.v1.length + signatures.v1a.length === 0)
    return refused(`The header ${names.signature} does not contain a signature in the expected format.`);
  const signed = [`${id}.${timestamp}.`, body];
  let isSigned = false;
  for (const key of keys) isSigned ||= yield* key(signed, signatures);
  if (!isSigned) return wrongSignature();
  return judgeFreshness({ timestamp, receivedAt, toleranceSeconds });
}

/** Signs by a secret; undefined for a public key. */
export function createStandardSign(secret: string): Verifier["sign"] {
  if (secret.startsWith(PUBLIC)) return undefined;
  const bytes = bytesOfSecret(secret);
  if (bytes === null) return undefined;
  return ({ headers, body, receivedAt }) => {
    const names = nameHeaders(headers);
    const id = headers.get(names.id) ?? `msg_${newId()}`;
    const timestamp = String(Math.floor(receivedAt / 1_000));
    const signature = Buffer.from(hmac("sha256", bytes, [`${id}.${timestamp}.`, body])).toString("base64");
    return {
      headers: [
        [names.id, id],
        [names.timestamp, timestamp],
        [names.signature, `v1,${signature}`],
      ],
    };
  };
}

function split(text: string): Signatures {
  const signatures = { v1: [] as Uint8Array[], v1a: [] as Uint8Array[] };
  for (const item of text.split(" ", MAX_SIGNATURES)) {
    const [version, encoded = ""] = item.split(",", 2);
    const bytes = decode(encoded, "base64");
    if (bytes !== null && (version === "v1" || version === "v1a")) signatures[version].push(bytes);
  }
  return signatures;
}

const key = secretShape.secret.refine(
  (text) => readStandardKey(text) !== null,
  "must be a secret (whsec_…) or a public key (whpk_…)",
);
const configSchema = z.strictObject({
  secret: key,
  previous_secret: key.optional(),
  tolerance_seconds: toleranceSchema.optional(),
});

const nameId = readerOf("webhook-id", "svix-id");

export const standardWebhooksProvider: Provider<z.infer<typeof configSchema>> = {
  type: "standard-webhooks",
  label: "Standard Webhooks",
  description:
    "Checks signatures of Standard Webhooks or Svix, which Clerk, Resend, OpenAI, Replicate and others use. Find the signing secret (whsec_…) on the webhook's page at the provider.",
  configSchema,
  fields: [...secretFields(), toleranceField(TOLERANCE_SECONDS)],
  recognizes: isStandard,
  prepare({ secret, previous_secret: previous, tolerance_seconds: toleranceSeconds }) {
    const keys = [secret, ...(previous === undefined ? [] : [previous])]
      .map(readStandardKey)
      .filter((each) => each !== null);
    return {
      verify: (request) =>
        runSteps(verifyStandard({ request, keys, toleranceSeconds }), request.body.byteLength),
      sign: createStandardSign(secret),
      eventType: readerOf("$.type"),
      duplicateId: nameId,
    };
  },
};
