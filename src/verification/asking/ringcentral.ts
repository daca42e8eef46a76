/**
 * Verifies RingCentral: events carry a token chosen by the subscription's owner, and a handshake token must be echoed.
 */
import { z } from "zod";
import { constantTimeEqual } from "../../lib/crypto.ts";
import { secretFields, secretShape } from "../config-fields.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";
import { missing } from "../refusals.ts";
import { readerOf } from "../request-place.ts";
import { echoInHeader } from "./answers.ts";

const ASKED = "Validation-Token";
const SENT = "Verification-Token";
/** A handshake's body is empty or an empty object. A longer body is an event and must not be lost. */
const MAX_QUESTION_BYTES = 2;

const configSchema = z.strictObject(secretShape);

/** https://developers.ringcentral.com/guide/notifications/webhooks/receiving */
export const ringcentralProvider: Provider<z.infer<typeof configSchema>> = {
  type: "ringcentral",
  label: "RingCentral",
  description:
    "Compares the token that RingCentral sends in the Verification-Token header, and answers the Validation-Token when a subscription is created. RingCentral does not sign the body.",
  configSchema,
  fields: secretFields(
    "Verification token",
    "Choose any text. Use the same text as deliveryMode.verificationToken when you create the subscription.",
  ),
  recognizes: (headers) => headers.has(SENT) || headers.has(ASKED),
  prepare({ secret, previous_secret: previous }) {
    const right = previous === undefined ? [secret] : [secret, previous];
    return {
      unsignedHandshake({ method, headers, body }) {
        const token = headers.get(ASKED);
        if (method !== "POST" || token === null || body.byteLength > MAX_QUESTION_BYTES) return null;
        return echoInHeader(ASKED, token);
      },
      verify({ headers }) {
        const given = headers.get(SENT);
        if (given === null) return missing(SENT);
        const isRight = right.map((each) => constantTimeEqual(given.trim(), each)).includes(true);
        return isRight
          ? ACCEPTED
          : refused("The verification token does not match. Check that both sides have the same one.");
      },
      secretPlace: { in: "header", name: SENT },
      eventType: readerOf("$.event"),
      duplicateId: readerOf("$.uuid"),
    };
  },
};
