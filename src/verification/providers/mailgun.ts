/**
 * Verifies Mailgun, which signs a token in the body but not the body itself: in JSON for webhooks, in forms for routes.
 */
import { z } from "zod";
import type { BodyValue } from "../../bodies/body-values.ts";
import type { JsonValue } from "../../bodies/json-text.ts";
import { bytesOfSecrets, secretFields, timedSecretShape, toleranceField } from "../config-fields.ts";
import { findFormFields } from "../form-fields.ts";
import { judgeFreshness } from "../freshness.ts";
import { decode, hmac, matchesAny } from "../hmac/signature.ts";
import { ACCEPTED, type Provider, type ReceivedRequest, refused } from "../provider.ts";
import { wrongSignature } from "../refusals.ts";
import { readerOf, valuesOf, whenReadable } from "../request-place.ts";
import { createTokenMemory } from "./token-memory.ts";

const TOLERANCE_SECONDS = 300;

/** The signature by the primary account's key, in events of a subaccount. */
const PARENT_SIGNATURE = "parent-signature";

const configSchema = z.strictObject(timedSecretShape);
const signatureSchema = z.object({
  /** Text or a number in JSON: Mailgun's documentation shows both. */
  timestamp: z.string().max(20),
  token: z.string().min(1).max(200),
  signature: z.string().max(200),
  [PARENT_SIGNATURE]: z.string().max(200).optional(),
});

/** https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks */
export const mailgunProvider: Provider<z.infer<typeof configSchema>> = {
  type: "mailgun",
  label: "Mailgun",
  description:
    "Checks the token that Mailgun signs, in webhooks and in forwarded messages, with the HTTP webhook signing key. For a subaccount's events, use the primary account's key. Mailgun does not sign the body, so anyone who intercepts a request could change it within the allowed age; each token is therefore accepted with one body only.",
  configSchema,
  fields: [...secretFields("Webhook signing key"), toleranceField(TOLERANCE_SECONDS)],
  recognizes: (headers) => headers.get("user-agent")?.toLowerCase().startsWith("mailgun") ?? false,
  prepare(config) {
    const keys = bytesOfSecrets(config);
    const toleranceSeconds = config.tolerance_seconds ?? TOLERANCE_SECONDS;
    const tokens = createTokenMemory();
    return {
      verify: whenReadable((request) => {
        const read = signatureSchema.safeParse(signatureIn(request));
        if (!read.success)
          return refused(
            valuesOf(request).fault() ?? "The body has no signature with a timestamp and a token.",
          );
        const { timestamp, token, signature, [PARENT_SIGNATURE]: parent } = read.data;
        const given = [signature, parent ?? ""].map((text) => decode(text, "hex"));
        const right = keys.map((key) => hmac("sha256", key, [timestamp, token]));
        if (!matchesAny(given.filter(isReadable), right)) return wrongSignature();
        const { receivedAt, body } = request;
        const verdict = judgeFreshness({ timestamp, receivedAt, toleranceSeconds });
        if (!verdict.accepted) return verdict;
        // The tolerance counts in both directions, so the token stays fresh for twice that time.
        const until = receivedAt + 2 * toleranceSeconds * 1_000;
        return tokens.take({ token, body, now: receivedAt, until })
          ? ACCEPTED
          : refused("The token was already used with a different body.");
      }),
      eventType: readerOf("$.event-data.event"),
      // Mailgun documents it as unique within a day; a later event with the same id has a different body.
      duplicateId: readerOf("$.event-data.id"),
    };
  },
};

function isReadable(bytes: Uint8Array | null): bytes is Uint8Array {
  return bytes !== null;
}

function isWritten(value: BodyValue | null): value is JsonValue {
  return value?.kind === "text" || value?.kind === "number";
}

function signatureIn(request: ReceivedRequest): unknown {
  const { headers, body } = request;
  const names = Object.keys(signatureSchema.shape);
  const fields = findFormFields({ contentType: headers.get("content-type"), body, names });
  if (fields !== null) return Object.fromEntries(fields);
  const values = names.map((name) => [name, valuesOf(request).at(`signature.${name}`)] as const);
  return Object.fromEntries(
    values.flatMap(([name, value]) => (isWritten(value) ? [[name, value.text]] : [])),
  );
}
