/** Verifies monday.com, whose requests carry a token signed with the app's signing secret. */
import { z } from "zod";
import { bytesOfSecrets, secretFields, secretShape } from "../config-fields.ts";
import { ACCEPTED, type Provider, type ReceivedRequest, refused } from "../provider.ts";
import { missing, wrongSignature } from "../refusals.ts";
import { readerOf } from "../request-place.ts";
import { answerJson, readChallenge, textIn, valuesOfQuestion } from "./answers.ts";
import { readHs256Token } from "./hs256-token.ts";

const HEADER = "Authorization";
/** Allowed clock difference. */
const LEEWAY_MS = 60_000;

const configSchema = z.strictObject(secretShape);

/** https://developer.monday.com/apps/docs/integration-authorization */
export const mondayProvider: Provider<z.infer<typeof configSchema>> = {
  type: "monday",
  label: "Monday.com",
  description:
    "Checks the token (JWT) in the Authorization header of monday.com's requests with the app's signing secret, and answers the challenge that monday.com sends to check the URL. The token does not sign the body, and only webhooks created by an app have one.",
  configSchema,
  fields: secretFields(),
  prepare(config) {
    const keys = bytesOfSecrets(config);
    return {
      unsignedHandshake: answerMonday,
      verify({ headers, receivedAt }) {
        const given = headers.get(HEADER);
        if (given === null) return missing(HEADER);
        const claims = readHs256Token({ token: given.replace(/^Bearer\s+/i, "").trim(), keys });
        if (claims === "malformed")
          return refused(`The header ${HEADER} does not contain a token signed with HS256.`);
        if (claims === "forged") return wrongSignature();
        const { exp: expires } = claims;
        if (typeof expires !== "number") return refused("The token has no expiry time.");
        return expires * 1_000 + LEEWAY_MS >= receivedAt ? ACCEPTED : refused("The token has expired.");
      },
      // The token does not cover the body: until it expires, anyone who has it can send.
      secretPlace: { in: "header", name: HEADER },
      eventType: readerOf("$.event.type"),
      duplicateId: readerOf("$.event.triggerUuid"),
    };
  },
};

/** Answers only a body that holds nothing but a challenge, so that no event is mistaken for one. */
function answerMonday(request: ReceivedRequest) {
  if (request.method !== "POST") return null;
  const body = valuesOfQuestion(request);
  for (const name of body?.names() ?? []) if (name !== "challenge") return null;
  const challenge = readChallenge(textIn(body, "challenge"));
  return challenge === null ? null : answerJson({ challenge });
}
