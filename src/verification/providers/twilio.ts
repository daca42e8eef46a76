/** Verifies Twilio, which signs the URL and the fields of a form. For a JSON body, the URL carries the body's hash. */
import { createHash } from "node:crypto";
import { parse, stringify } from "node:querystring";
import { z } from "zod";
import { createStrictDecode } from "../../bodies/charset.ts";
import { isFormType, MAX_FORM_BYTES, MAX_FORM_FIELDS, readFormValues } from "../../bodies/form-values.ts";
import { constantTimeEqual } from "../../lib/crypto.ts";
import { readingsOf } from "../called-url.ts";
import { bytesOfSecrets, secretFields, secretShape } from "../config-fields.ts";
import { decode, type Hash, hmac, matchesAny } from "../hmac/signature.ts";
import { ACCEPTED, type Provider, type ReceivedRequest, type Refusal, refused } from "../provider.ts";
import { missing, wrongSignature } from "../refusals.ts";
import { readerOf } from "../request-place.ts";

const SIGNATURE = "X-Twilio-Signature";
const SETTINGS = "X-Twilio-Webhooks-Signature-Settings";

const NOT_COVERED = refused("The body is not a form, and its hash is not the URL's bodySHA256.");
const TOO_LARGE = refused(
  `The body is a form of more than ${MAX_FORM_BYTES / 1024} KiB or ${MAX_FORM_FIELDS} fields.`,
);

const ALGORITHMS: ReadonlyMap<string, Hash> = new Map([
  ["HMAC_SHA1", "sha1"],
  ["HMAC_SHA256", "sha256"],
]);
/** Twilio sends two settings. */
const MAX_SETTINGS = 10;

const configSchema = z.strictObject(secretShape);

/** https://www.twilio.com/docs/usage/webhooks/webhooks-security, and …/webhook-shared-keys */
export const twilioProvider: Provider<z.infer<typeof configSchema>> = {
  type: "twilio",
  label: "Twilio",
  description:
    "Checks the signature of Twilio's requests with the account's auth token, or with the shared key if the webhook's settings name one. Twilio also signs the URL, so the URL entered at Twilio must begin with this gateway's BASE_URL.",
  configSchema,
  fields: secretFields("Auth token or shared key"),
  recognizes: (headers) => headers.has(SIGNATURE),
  prepare(config) {
    const keys = bytesOfSecrets(config);
    return {
      verify(request) {
        const given = request.headers.get(SIGNATURE);
        if (given === null) return missing(SIGNATURE);
        const signature = decode(given, "base64");
        if (signature === null)
          return refused(`The header ${SIGNATURE} does not contain a signature in the expected format.`);
        const hash = hashOf(request.headers.get(SETTINGS));
        if (hash === null)
          return refused(`The header ${SETTINGS} must name HMAC_SHA1 or HMAC_SHA256 as its algorithm.`);
        const fields = signedFields(request);
        if (typeof fields !== "string") return fields;
        const urls = urlsOf(request.url);
        const right = keys.flatMap((key) => urls.map((url) => hmac(hash, key, [url, fields])));
        return matchesAny([signature], right) ? ACCEPTED : wrongSignature({ signsUrl: true });
      },
      eventType: readerOf("EventType"),
      duplicateId: readerOf("I-Twilio-Idempotency-Token"),
    };
  },
};

/**
 * Reads the hash from "key=SK…,algorithm=HMAC_SHA256"; null for an unknown one. Without the header, it is SHA-1 with
 * the account's auth token.
 */
function hashOf(settings: string | null): Hash | null {
  if (settings === null) return "sha1";
  const named = settings.split(",", MAX_SETTINGS).map((pair) => pair.split("=", 2));
  const [, algorithm = ""] = named.find(([name = ""]) => name.trim().toLowerCase() === "algorithm") ?? [];
  return ALGORITHMS.get(algorithm.trim().toUpperCase()) ?? null;
}

/** Returns the forms of the URL that Twilio may have signed. */
function urlsOf(url: string): readonly string[] {
  return [...new Set([...readingsOf(url), ...writtenByTwilio(url)].flatMap(withAndWithoutPort))];
}

/** Characters that Twilio escapes in the requests of its SIP calls, although it signs them unescaped (twilio-node#621). */
const SIGNED_UNESCAPED = /%(?:27|3A|40)/gi;

/** Returns the further forms in which Twilio's library reads a query, such as with a space as "%20" instead of "+". */
function writtenByTwilio(url: string): readonly string[] {
  const mark = url.indexOf("?");
  if (mark === -1) return [];
  const [before, query] = [url.slice(0, mark + 1), url.slice(mark + 1)];
  return [query.replace(SIGNED_UNESCAPED, decodeURIComponent), stringify(parse(query))].map(
    (form) => before + form,
  );
}

/**
 * Returns the URL with and without the default port, as Twilio's own library tries both: products differ in which they
 * sign.
 */
function withAndWithoutPort(url: string): readonly string[] {
  const [, scheme = "", host = "", port = "", rest = ""] =
    /^(https?):\/\/([^/?#]+?)(:\d+)?([/?#].*)?$/.exec(url) ?? [];
  const other = port === "" ? `${host}:${scheme === "https" ? 443 : 80}` : host;
  return [url, `${scheme}://${other}${rest}`];
}

/** Returns the text that is signed after the URL, or a refusal if the signature does not cover the body. */
function signedFields({ headers, query, body }: ReceivedRequest): string | Refusal {
  const hash = query.includes("bodySHA256=") ? new URLSearchParams(query).get("bodySHA256") : null;
  if (hash !== null) {
    const right = createHash("sha256").update(body).digest("hex");
    return constantTimeEqual(hash.toLowerCase(), right) ? "" : NOT_COVERED;
  }
  if (body.byteLength === 0) return "";
  return isFormType(headers.get("content-type") ?? "") ? formFields(body) : NOT_COVERED;
}

/** Joins names and values sorted by name. A repeated name contributes each distinct value once, sorted. */
function formFields(form: Uint8Array): string | Refusal {
  const fields = readFormValues(form, createStrictDecode("utf-8"));
  if (fields === null) return TOO_LARGE;
  const values = new Map<string, Set<string>>();
  for (const { name, value } of fields) {
    if (name === null || value === null) return refused("The body is a form that is not valid UTF-8.");
    const known = values.get(name);
    if (known) known.add(value);
    else values.set(name, new Set([value]));
  }
  return [...values.keys()]
    .sort()
    .flatMap((name) => [...(values.get(name) ?? [])].sort().map((value) => name + value))
    .join("");
}
