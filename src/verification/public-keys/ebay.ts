/**
 * Verifies eBay's notifications: a challenge at registration, then signatures by a key that eBay publishes by its API.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { answerJson, askedByGet, readChallenge } from "../asking/answers.ts";
import { decode } from "../hmac/signature.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";
import { publicKeyFields, publicKeyShape, readKeys } from "../public-key.ts";
import { missing, wrongSignature } from "../refusals.ts";
import { readerOf } from "../request-place.ts";
import { finish } from "../steps.ts";
import { createIsSigned } from "./generic.ts";
import { readPublicKey } from "./key-reader.ts";

const SIGNATURE = "x-ebay-signature";
/** The header's JSON contains a key id and one signature. */
const MAX_HEADER_LENGTH = 2_000;

const shape = publicKeyShape(readPublicKey, "a public key as eBay's getPublicKey returns it");
const configSchema = z.strictObject({
  verification_token: z
    .string()
    .trim()
    .regex(/^[\w-]{32,80}$/, "must be 32 to 80 letters, digits, _ or -"),
  public_key: shape.public_key.optional(),
  previous_public_key: shape.previous_public_key,
});

const headerSchema = z.object({ kid: z.string().regex(/^[\w-]{1,100}$/), signature: z.string() });

/** https://developer.ebay.com/marketplace-account-deletion */
export const ebayProvider: Provider<z.infer<typeof configSchema>> = {
  type: "ebay",
  label: "eBay",
  description:
    "Answers the challenge that eBay sends to check the URL, using the verification token, and checks the signature of its notifications. eBay hashes the URL, so the URL entered at eBay must begin with this gateway's BASE_URL.",
  configSchema,
  fields: [
    {
      name: "verification_token",
      label: "Verification token",
      kind: "password",
      required: true,
      secret: true,
      help: "Choose 32 to 80 letters, digits, _ or -. Enter the same text at eBay.",
    },
    ...publicKeyFields("Public key", "textarea").map((field) =>
      field.name === "public_key"
        ? {
            ...field,
            required: false,
            help: "As eBay's getPublicKey returns it. The first notification is rejected, and the reason names the key's id. Fetch that key, enter it here, and verify the request again.",
          }
        : field,
    ),
  ],
  recognizes: (headers) => headers.has(SIGNATURE),
  handshakeMethods: ["GET"],
  prepare({ verification_token: token, public_key, previous_public_key }) {
    const keys = public_key === undefined ? [] : readKeys({ public_key, previous_public_key }, readPublicKey);
    const isSigned = createIsSigned({ keys, hash: "sha1" });
    return {
      unsignedHandshake(request) {
        const code = readChallenge(askedByGet(request, "challenge_code"));
        if (code === null) return null;
        const [endpoint = ""] = request.url.split("?", 1);
        return answerJson({
          challengeResponse: createHash("sha256").update(`${code}${token}${endpoint}`).digest("hex"),
        });
      },
      verify({ headers, body }) {
        const given = headers.get(SIGNATURE);
        if (given === null) return missing(SIGNATURE);
        const said = readHeader(given);
        const signature = said === null ? null : decode(said.signature, "base64");
        if (said === null || signature === null)
          return refused(`The header ${SIGNATURE} does not contain a signature in the expected format.`);
        if (keys.length === 0)
          return refused(
            `eBay signed with the key ${said.kid}. Fetch it with getPublicKey and enter it in the entrypoint's verification.`,
          );
        const isRight = finish(isSigned([body], [signature]));
        return isRight ? ACCEPTED : wrongSignature();
      },
      eventType: readerOf("$.metadata.topic"),
      duplicateId: readerOf("$.notification.notificationId"),
    };
  },
};

function readHeader(text: string): z.infer<typeof headerSchema> | null {
  const bytes = text.length > MAX_HEADER_LENGTH ? null : decode(text, "base64");
  if (bytes === null) return null;
  try {
    return headerSchema.safeParse(JSON.parse(Buffer.from(bytes).toString("utf8"))).data ?? null;
  } catch {
    return null;
  }
}
