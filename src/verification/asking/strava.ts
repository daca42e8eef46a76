/** Verifies Strava, which does not sign requests: they only name the subscription. */
import { z } from "zod";
import { constantTimeEqual } from "../../lib/crypto.ts";
import { secret } from "../config-fields.ts";
import { ACCEPTED, type Provider, refused } from "../provider.ts";
import { readerOf, readerOfBoth } from "../request-place.ts";
import { answerJson, askedByGet, readChallenge } from "./answers.ts";

const subscriptionId = z
  .string()
  .trim()
  .regex(/^\d{1,15}$/, "must be the subscription's numeric id");

const configSchema = z.strictObject({
  verify_token: secret.describe("The verify token that Strava sends when it validates the callback URL."),
  subscription_id: subscriptionId.optional().describe("Events of other subscriptions are rejected."),
  previous_subscription_id: subscriptionId.optional(),
});

/** https://developers.strava.com/docs/webhooks/ */
export const stravaProvider: Provider<z.infer<typeof configSchema>> = {
  type: "strava",
  label: "Strava",
  description:
    "Answers Strava when the subscription is created, and accepts only that subscription's events. Strava does not sign requests, so anyone with the URL and the subscription id can send events: keep both secret.",
  configSchema,
  fields: [
    {
      name: "verify_token",
      label: "Verify token",
      kind: "password",
      required: true,
      secret: true,
      help: "Choose any text. Use the same text as verify_token when you create the subscription.",
    },
    {
      name: "subscription_id",
      label: "Subscription id",
      kind: "text",
      placeholder: "120475",
      help: "Strava returns it after the URL has answered. Save without it, create the subscription, then enter it here. Until then events are rejected.",
    },
    {
      name: "previous_subscription_id",
      label: "Previous subscription id",
      kind: "text",
      help: "Events of this subscription are accepted too. Use it while you replace the subscription.",
    },
  ],
  handshakeMethods: ["GET"],
  prepare(config) {
    const known = [config.subscription_id, config.previous_subscription_id].filter((id) => id !== undefined);
    const readId = readerOf("$.subscription_id");
    return {
      unsignedHandshake(request) {
        if (askedByGet(request, "hub.mode") !== "subscribe") return null;
        if (!constantTimeEqual(askedByGet(request, "hub.verify_token") ?? "", config.verify_token))
          return refused("Strava's verify token does not match. Check that both sides have the same one.");
        const challenge = readChallenge(askedByGet(request, "hub.challenge"));
        return challenge === null ? null : answerJson({ "hub.challenge": challenge });
      },
      verify(request) {
        if (known.length === 0)
          return refused(
            "The subscription id is not set yet. Enter the one that Strava returned when the subscription was created.",
          );
        const id = readId(request);
        return id !== null && known.includes(id)
          ? ACCEPTED
          : refused("The body's subscription_id is missing or does not match.");
      },
      eventType: readerOfBoth("$.object_type", "$.aspect_type"),
      duplicateId: () => null,
    };
  },
};
