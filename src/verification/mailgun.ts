/** Mailgun, which signs a token in the body and not the body itself. */
import { z } from "zod";
import { readJsonPath } from "../lib/json-path.ts";
import { bytesOfSecrets, secretFields, timedSecretShape, toleranceField } from "./config-fields.ts";
import { judgeFreshness } from "./freshness.ts";
import { ACCEPTED, type Provider, refused } from "./provider.ts";
import { wrongSignature } from "./refusals.ts";
import { jsonOf, readerOf } from "./request-place.ts";
import { decode, hmac, matchesAny } from "./signature.ts";
import { createTokenMemory } from "./token-memory.ts";

const TOLERANCE_SECONDS = 300;

const configSchema = z.strictObject(timedSecretShape);
const signatureSchema = z.object({
  timestamp: z.string().max(20),
  token: z.string().min(1).max(200),
  signature: z.string().max(200),
});

export const mailgunProvider: Provider<z.infer<typeof configSchema>> = {
  type: "mailgun",
  label: "Mailgun",
  description:
    "Checks the token that Mailgun signs, with the HTTP webhook signing key. Mailgun does not sign the body: who overhears a request could change it within the allowed age, so each token is taken with one body only.",
  configSchema,
  fields: [...secretFields("Webhook signing key"), toleranceField(TOLERANCE_SECONDS)],
  recognizes: (headers) => headers.get("user-agent")?.toLowerCase().startsWith("mailgun") ?? false,
  prepare(config) {
    const keys = bytesOfSecrets(config);
    const toleranceSeconds = config.tolerance_seconds ?? TOLERANCE_SECONDS;
    const tokens = createTokenMemory();
    return {
      verify(request) {
        const read = signatureSchema.safeParse(readJsonPath(jsonOf(request), "signature"));
        if (!read.success) return refused("The body has no signature with a timestamp and a token.");
        const { timestamp, token, signature } = read.data;
        const given = decode(signature, "hex");
        const right = keys.map((key) => hmac("sha256", key, [timestamp, token]));
        if (given === null || !matchesAny([given], right)) return wrongSignature();
        const { receivedAt, body } = request;
        const verdict = judgeFreshness({ timestamp, receivedAt, toleranceSeconds });
        if (!verdict.accepted) return verdict;
        // Both directions of the tolerance: for so long it would be fresh again.
        const until = receivedAt + 2 * toleranceSeconds * 1_000;
        return tokens.take({ token, body, now: receivedAt, until })
          ? ACCEPTED
          : refused("The token came before, with another body.");
      },
      eventType: readerOf("$.event-data.event"),
      // Unique within a day, as Mailgun says: a later event with the same id has another body.
      duplicateId: readerOf("$.event-data.id"),
    };
  },
};
